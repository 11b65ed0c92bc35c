using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_provider_does_not_answer_in_time() : DeskTest(providerTimeout: 1)
{
    [Test]
    public async Task Should_ask_and_find_that_the_money_was_taken()
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Desk.Handle(Desk.TakeWaiting()!);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));
        Assert.That(((ResolvePayment)Desk.Waiting.Single()).Ask, Is.EqualTo(1));

        await Desk.Handle(Desk.TakeWaiting()!);

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(Desk.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
        Assert.That(Desk.Waiting, Is.Empty);
    }

    [Test]
    public async Task Should_ask_and_charge_again_when_the_provider_knows_of_nothing()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        Desk.Line.IsFree = new TaskCompletionSource().Task;
        await Desk.Handle(Desk.TakeWaiting()!);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Desk.Line.IsFree = Task.CompletedTask;
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_close_the_key_in_the_end_so_that_the_money_is_certainly_not_taken()
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_TIMEOUT_LOST"), Reserved(OrderId));
        var charge = Desk.TakeWaiting()!;
        await Desk.Handle(charge);
        for (var ask = 1; ask <= 3; ask++)
        {
            Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));
            Assert.That(((ResolvePayment)Desk.Waiting.Single()).Ask, Is.EqualTo(ask));
            await Desk.Handle(Desk.TakeWaiting()!);
        }

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Desk.Published(OrderId).Single()).Reason, Is.EqualTo("PROVIDER_TIMEOUT"));
        Assert.That((string?)(await Desk.Provider.Void($"order-{OrderId}"))["status"], Is.EqualTo("VOIDED"));

        await Desk.Handle(charge);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_not_decide_while_the_provider_cannot_be_asked()
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Desk.Handle(Desk.TakeWaiting()!);
        Desk.Line.IsDown = true;

        for (var ask = 1; ask <= 5; ask++)
        {
            Assert.That(((ResolvePayment)Desk.Waiting.Single()).Ask, Is.EqualTo(ask));
            await Desk.Handle(Desk.TakeWaiting()!);
            Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));
        }

        Desk.Line.IsDown = false;
        await Desk.HandleWaiting();
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [TestCase(true, "COMPLETED")]
    [TestCase(false, "REFUNDED")]
    public async Task Should_know_soon_when_it_speaks_again_after_more_than_a_minute_of_silence(bool isWanted, string status)
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Desk.Handle(Desk.TakeWaiting()!);
        Desk.Line.IsFree = new TaskCompletionSource().Task;
        var before = Desk.Delays;
        while (Desk.Delays - before < TimeSpan.FromSeconds(70))
        {
            await Desk.Handle(Desk.TakeWaiting()!);
            Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));
        }

        if (!isWanted)
        {
            await Desk.Handle(Cancelled(OrderId));
        }

        Assert.That(Desk.Published(OrderId), Is.Empty, "nobody guesses");
        Desk.Line.IsFree = Task.CompletedTask;
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo(status));
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_give_up_with_a_clear_reason_in_the_end_and_know_when_the_message_is_replayed()
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Desk.Handle(Desk.TakeWaiting()!);
        Desk.Line.IsDown = true;
        var before = Desk.Delays;
        while (((ResolvePayment)Desk.Waiting.Single()).Ask < 34)
        {
            var earlier = Desk.Delays;
            await Desk.Handle(Desk.TakeWaiting()!);
            Assert.That(Desk.Delays - earlier, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(10)), "so it soon knows when the provider is back");
        }

        Assert.That(Desk.Delays - before, Is.GreaterThan(TimeSpan.FromMinutes(3)).And.LessThan(TimeSpan.FromMinutes(15)));
        var last = Desk.TakeWaiting()!;
        await Assert.ThatAsync(
            () => Desk.Handle(last),
            Throws.TypeOf<ChargeUnknownException>().With.Message.Contains($"of order {OrderId} was taken could not be learnt by asking 34 times")
                .And.Message.Contains("Replay this message").And.Message.Contains($"key order-{OrderId}: Connection refused"));
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Desk.Line.IsDown = false;
        await Desk.Handle(last);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [TestCase("CARD_TIMEOUT_CHARGED", "REFUNDED")]
    [TestCase("CARD_TIMEOUT_LOST", "FAILED")]
    public async Task Should_keep_nothing_when_the_order_is_cancelled_meanwhile(string method, string status)
    {
        await Desk.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Desk.Handle(Desk.TakeWaiting()!);

        await Desk.Handle(Cancelled(OrderId));
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo(status));
    }
}
