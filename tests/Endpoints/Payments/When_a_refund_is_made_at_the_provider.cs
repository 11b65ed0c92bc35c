using ShopSaga.Contracts.Payments;
using ShopSaga.Payments;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>In its dashboard, say, and so under a key that is not ours.</summary>
internal sealed class When_a_refund_is_made_at_the_provider : PaymentsTest
{
    [Test]
    public async Task Should_be_the_refund_of_the_shop_and_be_told_to_the_others()
    {
        await Charge();

        var report = await Harness.RefundAtProvider(OrderId, Amount);
        await Harness.Handle(report);
        await Harness.Handle(report);
        await Harness.Handle(Cancelled(OrderId, "SHOP"));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        var refunded = Harness.Published(OrderId).OfType<PaymentRefunded>().Single();
        Assert.That((refunded.Amount, refunded.RefundedAt), Is.EqualTo((Amount, report.Refund.RefundedAt)));
        Assert.That(Harness.Waiting, Is.Empty);
    }

    [Test]
    public async Task Should_end_a_cancellation_though_the_provider_never_reported_it()
    {
        await Charge();
        var report = await Harness.RefundAtProvider(OrderId, Amount);

        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        Assert.That(Harness.Published(OrderId).OfType<PaymentRefunded>().Single().RefundedAt, Is.EqualTo(report.Refund.RefundedAt));
    }

    [Test]
    public async Task Should_refund_the_remainder_when_only_a_part_was_refunded()
    {
        await Charge();
        await Harness.Handle(await Harness.RefundAtProvider(OrderId, 1000));
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(Harness.RefundLog.Collector.GetSnapshot().Select(entry => entry.Id), Does.Contain(LogEvents.PartialRefund));

        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        Assert.That(Harness.Published(OrderId).OfType<PaymentRefunded>().Single().Amount, Is.EqualTo(Amount));
    }

    [Test]
    public async Task Should_be_complete_once_its_parts_add_up_to_the_payment()
    {
        await Charge();
        var first = await Harness.RefundAtProvider(OrderId, 1000);
        await Harness.Handle(first);
        var second = await Harness.RefundAtProvider(OrderId, Amount - 1000);

        await Harness.HandleAll(second, first, second);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        Assert.That(Harness.Published(OrderId).OfType<PaymentRefunded>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_take_effect_once_when_it_meets_the_refund_of_a_cancelled_order()
    {
        await Charge();
        await Harness.Handle(Cancelled(OrderId));
        var refund = Harness.TakeWaiting()!;
        var report = await Harness.RefundAtProvider(OrderId, Amount);

        await Task.WhenAll(Harness.Handle(refund), Harness.Handle(report), Harness.Handle(refund));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
        Assert.That(Harness.Published(OrderId).OfType<PaymentRefunded>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_wait_until_the_charge_is_known()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = Harness.TakeWaiting()!;
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(charge);
        Harness.Connection.LosesResponses = false;
        var report = await Harness.RefundAtProvider(OrderId, Amount);

        await Assert.ThatAsync(() => Harness.Handle(report), Throws.InvalidOperationException.With.Message.Contains("PENDING"));
        await Harness.HandleWaiting();
        await Harness.Handle(report);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    private async Task Charge()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        await Harness.HandleWaiting();
    }
}
