using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_provider_is_unavailable() : PaymentsTest(providerTimeout: 60)
{
    /// <summary>An order has to be final after a minute.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(40);

    [TearDown]
    public void ComeBack()
    {
        (Harness.Connection.IsDown, Harness.Connection.LosesResponses) = (false, false);
        Harness.Connection.MayProceed = Task.CompletedTask;
    }

    [Test]
    public async Task Should_try_again_later_and_charge_when_it_is_back()
    {
        await Begin();
        Harness.Connection.IsDown = true;
        for (var retry = 1; retry <= 5; retry++)
        {
            await Harness.Handle(Harness.TakeWaiting()!);
            Assert.That(((ChargePayment)Harness.Waiting.Single()).Retry, Is.EqualTo(retry));
            Assert.That(await Harness.Status(OrderId), Is.EqualTo("PENDING"));
        }

        Harness.Connection.IsDown = false;
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_fail_in_good_time_when_it_does_not_come_back_and_nothing_ever_reached_it()
    {
        await Begin();
        var before = Harness.Delays;
        Harness.Connection.IsDown = true;

        await HandleAsLongAsItIs<ChargePayment>();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Harness.Published(OrderId).Single()).Reason, Is.EqualTo("PROVIDER_UNAVAILABLE"));
        Assert.That(Harness.Waiting, Is.Empty);
        Assert.That(Harness.Delays - before, Is.LessThan(LongestWait));
        Harness.Connection.IsDown = false;
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_not_fail_when_one_request_may_have_reached_it()
    {
        await Begin();
        var before = Harness.Delays;
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        (Harness.Connection.LosesResponses, Harness.Connection.IsDown) = (false, true);

        await HandleAsLongAsItIs<ChargePayment>();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));
        Assert.That(Harness.Waiting.Single(), Is.TypeOf<ResolvePayment>());
        Assert.That(Harness.Delays - before, Is.LessThan(LongestWait));
        Harness.Connection.IsDown = false;
        await Harness.HandleWaiting();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_not_fail_while_an_abandoned_delivery_is_about_to_ask()
    {
        await Begin();
        var charge = Harness.TakeWaiting()!;
        var free = new TaskCompletionSource();
        Harness.Connection.MayProceed = free.Task;
        var before = Harness.Connection.Requests;
        var forgotten = Harness.Handle(charge);
        Assert.That(() => Harness.Connection.Requests, Is.GreaterThan(before).After(10_000, 5));
        Harness.Connection.IsDown = true;
        await Harness.Handle(charge);
        await HandleAsLongAsItIs<ChargePayment>();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Harness.Connection.IsDown = false;
        free.SetResult();
        await forgotten;

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        await Harness.HandleWaiting();
    }

    [TestCase("CUSTOMER")]
    [TestCase("EXPIRED")]
    public async Task Should_end_at_once_when_the_order_is_cancelled_and_nothing_ever_reached_it(string reason)
    {
        await Begin();
        Harness.Connection.IsDown = true;
        await Harness.Handle(Harness.TakeWaiting()!);

        await Harness.Handle(Cancelled(OrderId, reason));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Harness.Published(OrderId).Single()).Reason, Is.EqualTo("ORDER_CANCELLED"));
        Harness.Connection.IsDown = false;
        await Harness.HandleWaiting();
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_end_when_the_order_was_cancelled_while_the_only_request_was_being_refused()
    {
        await Begin();
        var charge = Harness.TakeWaiting()!;
        var refused = new TaskCompletionSource();
        Harness.Connection.MayProceed = refused.Task;
        var before = Harness.Connection.Requests;
        var charging = Harness.Handle(charge);
        Assert.That(() => Harness.Connection.Requests, Is.GreaterThan(before).After(10_000, 5));
        await Harness.Handle(Cancelled(OrderId));
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("PENDING"));

        Harness.Connection.IsDown = true;
        refused.SetException(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        await charging;

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        await Harness.HandleWaiting();
    }

    [TestCase(true, "REFUNDED")]
    [TestCase(false, "FAILED")]
    public async Task Should_keep_nothing_of_an_order_that_is_cancelled_while_it_may_have_charged(bool charged, string status)
    {
        await Begin(charged ? "CARD" : "CARD_FLAKY");
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        (Harness.Connection.LosesResponses, Harness.Connection.IsDown) = (false, true);
        await Harness.Handle(Cancelled(OrderId));
        var ask = Harness.Waiting.OfType<ResolvePayment>().Single();
        await Harness.Handle(ask);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Harness.Connection.IsDown = false;
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo(status));
    }

    private Task Begin(string method = "CARD") => Harness.HandleAll(Placed(OrderId, method), Reserved(OrderId));

    private async Task HandleAsLongAsItIs<T>()
    {
        while (Harness.Waiting is [T, ..])
        {
            await Harness.Handle(Harness.TakeWaiting()!);
        }
    }
}
