using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_a_payment_is_charged : DeskTest
{
    [TestCase("CARD")]
    [TestCase("KAKAO_PAY")]
    [TestCase("BANK_TRANSFER")]
    [TestCase("CARD_SLOW")]
    [TestCase("CARD_FLAKY")]
    public async Task Should_announce_that_the_money_was_taken(string method)
    {
        await Desk.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
        var completed = (PaymentCompleted)Desk.Published(OrderId).Single();
        Assert.Multiple(() =>
        {
            Assert.That((completed.OrderId, completed.UserId, completed.Amount, completed.PaymentMethod), Is.EqualTo((OrderId, 7L, Amount, method)));
            Assert.That(completed.PaymentId, Is.GreaterThan(0));
        });
    }

    [Test]
    public async Task Should_take_the_time_of_the_charge_from_the_provider()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        await Desk.HandleWaiting();

        var charge = (await Desk.Provider.Find($"order-{OrderId}")).Single()!;
        Assert.That(((PaymentCompleted)Desk.Published(OrderId).Single()).CompletedAt, Is.EqualTo((DateTimeOffset)charge["chargedAt"]!));
    }

    [TestCase("CARD_DECLINED", "CARD_DECLINED")]
    [TestCase("DOUBLOONS", "METHOD_NOT_SUPPORTED")]
    public async Task Should_announce_why_it_was_declined(string method, string reason)
    {
        await Desk.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Desk.Published(OrderId).Single()).Reason, Is.EqualTo(reason));
    }

    [Test]
    public async Task Should_charge_once_when_twenty_deliveries_run_at_the_same_time()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = Desk.TakeWaiting()!;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Desk.Handle(charge)));

        Assert.That(Desk.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
    }

    [Test]
    public async Task Should_charge_once_when_the_answer_is_lost_on_the_line()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(Desk.TakeWaiting()!);
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("PENDING"));
        Desk.Line.LosesAnswers = false;

        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_not_guess_when_the_key_stands_for_something_else()
    {
        await Desk.Provider.Charge($"order-{OrderId}", "CARD_DECLINED", Amount + 1);
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = (ChargePayment)Desk.TakeWaiting()!;

        await Assert.ThatAsync(
            () => Desk.Handle(charge), Throws.TypeOf<ProviderRefusedException>().With.Message.Contains("idempotency-key-reused"));

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("PENDING"));
        Assert.That(Desk.Published(OrderId), Is.Empty);
        await Desk.Handle(new ResolvePayment(charge.PaymentId, Ask: 3));
    }
}
