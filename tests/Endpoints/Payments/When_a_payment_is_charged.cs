using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_a_payment_is_charged : PaymentsTest
{
    [TestCase("CARD")]
    [TestCase("KAKAO_PAY")]
    [TestCase("BANK_TRANSFER")]
    [TestCase("CARD_SLOW")]
    [TestCase("CARD_FLAKY")]
    public async Task Should_announce_that_the_money_was_taken(string method)
    {
        await Harness.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        var completed = (PaymentCompleted)Harness.Published(OrderId).Single();
        Assert.Multiple(() =>
        {
            Assert.That(
                (completed.OrderId, completed.UserId, completed.Amount, completed.PaymentMethod),
                Is.EqualTo((OrderId, 7L, Amount, method)));
            Assert.That(completed.PaymentId, Is.GreaterThan(0));
        });
    }

    [Test]
    public async Task Should_take_the_time_of_the_charge_from_the_provider()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        await Harness.HandleWaiting();

        var charge = (await Harness.Provider.Find($"order-{OrderId}")).Single()!;
        Assert.That(((PaymentCompleted)Harness.Published(OrderId).Single()).CompletedAt, Is.EqualTo((DateTimeOffset)charge["chargedAt"]!));
    }

    [TestCase("CARD_DECLINED", "CARD_DECLINED")]
    [TestCase("DOUBLOONS", "METHOD_NOT_SUPPORTED")]
    public async Task Should_announce_why_it_was_declined(string method, string reason)
    {
        await Harness.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Harness.Published(OrderId).Single()).Reason, Is.EqualTo(reason));
    }

    [Test]
    public async Task Should_charge_once_when_twenty_deliveries_run_at_the_same_time()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = Harness.TakeWaiting()!;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Harness.Handle(charge)));

        Assert.That(Harness.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
    }

    [Test]
    public async Task Should_charge_once_when_the_answer_is_lost_on_the_line()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("PENDING"));
        Harness.Connection.LosesResponses = false;

        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_not_guess_when_the_key_stands_for_something_else()
    {
        await Harness.Provider.Charge($"order-{OrderId}", "CARD_DECLINED", Amount + 1);
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = (ChargePayment)Harness.TakeWaiting()!;

        await Assert.ThatAsync(
            () => Harness.Handle(charge), Throws.TypeOf<ProviderRefusedException>().With.Message.Contains("idempotency-key-reused"));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("PENDING"));
        Assert.That(Harness.Published(OrderId), Is.Empty);
        await Harness.Handle(new ResolvePayment(charge.PaymentId, Ask: 3, Resent: 2));
    }
}
