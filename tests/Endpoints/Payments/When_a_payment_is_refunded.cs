using ShopSaga.Contracts.Payments;
using ShopSaga.Payments.Provider;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_a_payment_is_refunded : PaymentsTest
{
    [Test]
    public async Task Should_announce_it_with_the_time_of_the_provider()
    {
        await Charge("CARD");

        await Harness.Handle(Cancelled(OrderId));
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDING"));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        var refunded = (PaymentRefunded)Harness.Published(OrderId)[1];
        var refund = (await Harness.Provider.Get($"refunds?idempotencyKey=refund-{refunded.PaymentId}"))["items"]!.AsArray().Single()!;
        Assert.That((refunded.Amount, refunded.RefundedAt), Is.EqualTo((Amount, (DateTimeOffset)refund["refundedAt"]!)));
    }

    [Test]
    public async Task Should_stay_refunding_while_the_provider_fails_and_end_when_it_works()
    {
        await Charge("CARD_REFUND_FLAKY");
        await Harness.Handle(Cancelled(OrderId));
        var refund = Harness.TakeWaiting()!;

        for (var failure = 1; failure <= 2; failure++)
        {
            await Assert.ThatAsync(() => Harness.Handle(refund), Throws.TypeOf<ProviderUnavailableException>());
            Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDING"));
        }

        await Harness.Handle(refund);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    [Test]
    public async Task Should_give_back_once_when_ten_deliveries_run_at_the_same_time()
    {
        await Charge("CARD");
        await Harness.Handle(Cancelled(OrderId));
        var refund = Harness.TakeWaiting()!;

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Harness.Handle(refund)));

        Assert.That(Harness.Published(OrderId).OfType<PaymentRefunded>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_give_back_once_when_the_answer_is_lost_on_the_line()
    {
        await Charge("CARD");
        await Harness.Handle(Cancelled(OrderId));
        var refund = Harness.TakeWaiting()!;
        Harness.Connection.LosesResponses = true;
        await Assert.ThatAsync(() => Harness.Handle(refund), Throws.TypeOf<ProviderUnavailableException>());
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDING"));
        Harness.Connection.LosesResponses = false;

        await Harness.Handle(refund);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    [TestCase("SHOP")]
    [TestCase("CUSTOMER")]
    public async Task Should_not_give_back_again_when_the_order_is_cancelled_once_more(string reason)
    {
        await Charge("CARD");
        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();

        await Harness.Handle(Cancelled(OrderId, reason));

        Assert.That(Harness.Waiting, Is.Empty);
        Assert.That(Harness.Published(OrderId), Has.Count.EqualTo(2));
    }

    private async Task Charge(string method)
    {
        await Harness.HandleAll(Placed(OrderId, method), Reserved(OrderId));
        await Harness.HandleWaiting();
    }
}
