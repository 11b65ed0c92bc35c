using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_provider_does_not_answer_in_time() : PaymentsTest(providerTimeout: 1)
{
    [Test]
    public async Task Should_ask_and_find_that_the_money_was_taken()
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Harness.Handle(Harness.TakeWaiting()!);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));
        Assert.That(((ResolvePayment)Harness.Waiting.Single()).Ask, Is.EqualTo(1));

        await Harness.Handle(Harness.TakeWaiting()!);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(Harness.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
        Assert.That(Harness.Waiting, Is.Empty);
    }

    [Test]
    public async Task Should_ask_and_charge_again_when_the_provider_knows_of_nothing()
    {
        await BeginWithoutAnswer();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));

        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_void_the_key_in_the_end_so_that_the_money_is_certainly_not_taken()
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_TIMEOUT_LOST"), Reserved(OrderId));
        var charge = Harness.TakeWaiting()!;
        await Harness.Handle(charge);
        for (var ask = 1; ask <= 3; ask++)
        {
            Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));
            Assert.That(((ResolvePayment)Harness.Waiting.Single()).Ask, Is.EqualTo(ask));
            await Harness.Handle(Harness.TakeWaiting()!);
        }

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Harness.Published(OrderId).Single()).Reason, Is.EqualTo("PROVIDER_TIMEOUT"));
        Assert.That((string?)(await Harness.Provider.Void($"order-{OrderId}"))["status"], Is.EqualTo("VOIDED"));

        await Harness.Handle(charge);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_not_decide_while_the_provider_cannot_be_asked()
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Harness.Handle(Harness.TakeWaiting()!);

        await AskInVainUntilTheProviderIsBack();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_charge_again_when_it_could_not_be_asked_for_a_while()
    {
        await BeginWithoutAnswer();

        await AskInVainUntilTheProviderIsBack();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_void_the_key_in_the_last_attempt_however_few_reached_it()
    {
        await BeginWithoutAnswer();

        await Harness.Handle((ResolvePayment)Harness.TakeWaiting()! with { Ask = 34 });

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(Harness.Waiting, Is.Empty);
    }

    [TestCase(true, "COMPLETED")]
    [TestCase(false, "REFUNDED")]
    public async Task Should_know_soon_when_it_speaks_again_after_more_than_a_minute_of_silence(bool isWanted, string status)
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.MayProceed = new TaskCompletionSource().Task;
        var before = Harness.Delays;
        while (Harness.Delays - before < TimeSpan.FromSeconds(70))
        {
            await Harness.Handle(Harness.TakeWaiting()!);
            Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));
        }

        if (!isWanted)
        {
            await Harness.Handle(Cancelled(OrderId));
        }

        Assert.That(Harness.Published(OrderId), Is.Empty, "no service guesses");
        Harness.Connection.MayProceed = Task.CompletedTask;
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo(status));
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Should_give_up_with_a_clear_reason_in_the_end_and_know_when_the_message_is_replayed()
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_TIMEOUT_CHARGED"), Reserved(OrderId));
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.IsDown = true;
        var before = Harness.Delays;
        while (((ResolvePayment)Harness.Waiting.Single()).Ask < 34)
        {
            var earlier = Harness.Delays;
            await Harness.Handle(Harness.TakeWaiting()!);
            Assert.That(
                Harness.Delays - earlier, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(10)), "so it soon knows when the provider is back");
        }

        Assert.That(Harness.Delays - before, Is.GreaterThan(TimeSpan.FromMinutes(3)).And.LessThan(TimeSpan.FromMinutes(15)));
        var last = Harness.TakeWaiting()!;
        await Assert.ThatAsync(
            () => Harness.Handle(last),
            Throws.TypeOf<ChargeUnknownException>().With.Message.Contains($"of order {OrderId} was charged, after 34 attempts to find out")
                .And.Message.Contains("Replay this message").And.Message.Contains($"key order-{OrderId}: Connection refused"));
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Harness.Connection.IsDown = false;
        await Harness.Handle(last);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [TestCase("CARD_TIMEOUT_CHARGED", "REFUNDED")]
    [TestCase("CARD_TIMEOUT_LOST", "FAILED")]
    public async Task Should_keep_nothing_when_the_order_is_cancelled_meanwhile(string method, string status)
    {
        await Harness.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Harness.Handle(Harness.TakeWaiting()!);

        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo(status));
    }

    /// <summary>The request to charge does not reach the provider before its time is over.</summary>
    private async Task BeginWithoutAnswer()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        Harness.Connection.MayProceed = new TaskCompletionSource().Task;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.MayProceed = Task.CompletedTask;
    }

    private async Task AskInVainUntilTheProviderIsBack()
    {
        Harness.Connection.IsDown = true;
        for (var ask = 1; ask <= 5; ask++)
        {
            Assert.That(((ResolvePayment)Harness.Waiting.Single()).Ask, Is.EqualTo(ask));
            await Harness.Handle(Harness.TakeWaiting()!);
            Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));
        }

        Harness.Connection.IsDown = false;
        await Harness.HandleWaiting();
    }
}
