using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Charging;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_the_provider_is_away() : DeskTest(providerTimeout: 60)
{
    /// <summary>An order has to be final after a minute.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(40);

    [TearDown]
    public void ComeBack() => (Desk.Line.IsDown, Desk.Line.LosesAnswers, Desk.Line.IsFree) = (false, false, Task.CompletedTask);

    [Test]
    public async Task Should_try_again_later_and_charge_when_it_is_back()
    {
        await Begin();
        Desk.Line.IsDown = true;
        for (var retry = 1; retry <= 5; retry++)
        {
            await Desk.Handle(Desk.TakeWaiting()!);
            Assert.That(((ChargePayment)Desk.Waiting.Single()).Retry, Is.EqualTo(retry));
            Assert.That(await Desk.Status(OrderId), Is.EqualTo("PENDING"));
        }

        Desk.Line.IsDown = false;
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_fail_in_good_time_when_it_does_not_come_back_and_nothing_ever_reached_it()
    {
        await Begin();
        var before = Desk.Delays;
        Desk.Line.IsDown = true;

        await HandleAsLongAsItIs<ChargePayment>();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Desk.Published(OrderId).Single()).Reason, Is.EqualTo("PROVIDER_UNAVAILABLE"));
        Assert.That(Desk.Waiting, Is.Empty);
        Assert.That(Desk.Delays - before, Is.LessThan(LongestWait));
        Desk.Line.IsDown = false;
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_not_fail_when_one_request_may_have_reached_it()
    {
        await Begin();
        var before = Desk.Delays;
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(Desk.TakeWaiting()!);
        (Desk.Line.LosesAnswers, Desk.Line.IsDown) = (false, true);

        await HandleAsLongAsItIs<ChargePayment>();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));
        Assert.That(Desk.Waiting.Single(), Is.TypeOf<ResolvePayment>());
        Assert.That(Desk.Delays - before, Is.LessThan(LongestWait));
        Desk.Line.IsDown = false;
        await Desk.HandleWaiting();
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    [Test]
    public async Task Should_not_fail_while_a_delivery_that_everybody_forgot_is_about_to_ask()
    {
        await Begin();
        var charge = Desk.TakeWaiting()!;
        var free = new TaskCompletionSource();
        Desk.Line.IsFree = free.Task;
        var before = Desk.Line.Requests;
        var forgotten = Desk.Handle(charge);
        Assert.That(() => Desk.Line.Requests, Is.GreaterThan(before).After(10_000, 5));
        Desk.Line.IsDown = true;
        await Desk.Handle(charge);
        await HandleAsLongAsItIs<ChargePayment>();
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Desk.Line.IsDown = false;
        free.SetResult();
        await forgotten;

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
        await Desk.HandleWaiting();
    }

    [TestCase("CUSTOMER")]
    [TestCase("EXPIRED")]
    public async Task Should_end_at_once_when_the_order_is_cancelled_and_nothing_ever_reached_it(string reason)
    {
        await Begin();
        Desk.Line.IsDown = true;
        await Desk.Handle(Desk.TakeWaiting()!);

        await Desk.Handle(Cancelled(OrderId, reason));

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Desk.Published(OrderId).Single()).Reason, Is.EqualTo("ORDER_CANCELLED"));
        Desk.Line.IsDown = false;
        await Desk.HandleWaiting();
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_end_when_the_order_was_cancelled_while_the_only_request_was_being_refused()
    {
        await Begin();
        var charge = Desk.TakeWaiting()!;
        var refused = new TaskCompletionSource();
        Desk.Line.IsFree = refused.Task;
        var before = Desk.Line.Requests;
        var charging = Desk.Handle(charge);
        Assert.That(() => Desk.Line.Requests, Is.GreaterThan(before).After(10_000, 5));
        await Desk.Handle(Cancelled(OrderId));
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("PENDING"));

        Desk.Line.IsDown = true;
        refused.SetException(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        await charging;

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        await Desk.HandleWaiting();
    }

    [TestCase(true, "REFUNDED")]
    [TestCase(false, "FAILED")]
    public async Task Should_keep_nothing_of_an_order_that_is_cancelled_while_it_may_have_charged(bool charged, string status)
    {
        await Begin(charged ? "CARD" : "CARD_FLAKY");
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(Desk.TakeWaiting()!);
        (Desk.Line.LosesAnswers, Desk.Line.IsDown) = (false, true);
        await Desk.Handle(Cancelled(OrderId));
        var ask = Desk.Waiting.OfType<ResolvePayment>().Single();
        await Desk.Handle(ask);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("UNKNOWN"));

        Desk.Line.IsDown = false;
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo(status));
    }

    private Task Begin(string method = "CARD") => Desk.HandleAll(Placed(OrderId, method), Reserved(OrderId));

    private async Task HandleAsLongAsItIs<T>()
    {
        while (Desk.Waiting is [T, ..])
        {
            await Desk.Handle(Desk.TakeWaiting()!);
        }
    }
}
