using System.Globalization;
using Microsoft.Extensions.Logging;
using ShopSaga.Contracts.Payments;
using ShopSaga.Payments;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The provider's own word against its answers, and against what happens to the order meanwhile.</summary>
internal sealed class When_the_provider_reports : PaymentsTest
{
    [Test]
    public async Task Should_take_it_as_the_answer_that_was_lost()
    {
        await Begin(OrderId, "CARD");
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesResponses = false;

        await Harness.Handle(await Harness.ChargeReport(OrderId));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(Harness.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
        await Harness.HandleWaiting();
    }

    [TestCase("CARD")]
    [TestCase("CARD_DECLINED")]
    public async Task Should_take_effect_once_in_any_order_with_the_answer(string method)
    {
        foreach (var (orderId, order) in Orders(2))
        {
            await Begin(orderId, method);
            var charge = Harness.TakeWaiting()!;
            await Harness.Provider.Charge($"order-{orderId}", method, Amount, $"order-{orderId}");
            var report = await Harness.ChargeReport(orderId);

            await Harness.HandleAll(order.Select(which => which == 0 ? charge : report));

            Assert.That(await Harness.Status(orderId), Is.EqualTo(method == "CARD" ? "COMPLETED" : "FAILED"));
            Assert.That(Harness.Waiting, Is.Empty);
        }
    }

    [TestCase("CARD", "REFUNDED", 1)]
    [TestCase("CARD_REFUND_FLAKY", "REFUNDED", 3)]
    [TestCase("CARD_DECLINED", "FAILED", 2)]
    public async Task Should_keep_nothing_of_a_cancelled_order_in_any_order_with_the_answer_and_the_cancellation(
        string method, string status, int oneIn)
    {
        foreach (var (orderId, order) in Orders(3).Where(each => each.OrderId % oneIn == 0))
        {
            await Begin(orderId, method);
            var charge = Harness.TakeWaiting()!;
            Harness.Connection.LosesResponses = true;
            await Harness.Handle(charge);
            Harness.Connection.LosesResponses = false;
            var report = await Harness.ChargeReport(orderId);

            await Harness.HandleAll(order.Select(which => new[] { charge, report, Cancelled(orderId) }[which]));
            await Harness.HandleWaiting();

            Assert.That(await Harness.Status(orderId), Is.EqualTo(status));
        }
    }

    [Test]
    public async Task Should_take_a_refund_once_in_any_order_with_the_answer()
    {
        foreach (var (orderId, order) in Orders(2))
        {
            await Begin(orderId, "CARD");
            await Harness.HandleWaiting();
            await Harness.Handle(Cancelled(orderId));
            var refund = Harness.TakeWaiting()!;
            var charge = (await Harness.Provider.Find($"order-{orderId}")).Single()!;
            await Harness.Provider.Refund((long)charge["id"]!, $"refund-{await Harness.PaymentId(orderId)}", Amount);
            var report = await Harness.RefundReport(orderId);

            await Harness.HandleAll(order.Select(which => which == 0 ? refund : report));

            Assert.That(await Harness.Status(orderId), Is.EqualTo("REFUNDED"));
            Assert.That(Harness.Published(orderId).OfType<PaymentRefunded>().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Should_agree_on_one_outcome_when_report_answer_and_cancellation_come_at_the_same_time()
    {
        for (var round = 1; round <= 20; round++)
        {
            var orderId = (1000 * OrderId) + round;
            await Begin(orderId, "CARD");
            var charge = Harness.TakeWaiting()!;
            Harness.Connection.LosesResponses = true;
            await Harness.Handle(charge);
            Harness.Connection.LosesResponses = false;
            var report = await Harness.ChargeReport(orderId);

            await Task.WhenAll(Harness.Handle(report), Harness.Handle(charge), Harness.Handle(Cancelled(orderId)), Harness.Handle(report));
            await Harness.HandleWaiting();

            Assert.That(await Harness.Status(orderId), Is.EqualTo("REFUNDED"));
        }
    }

    [TestCase("CARD_DECLINED", "FAILED")]
    [TestCase("CARD", "COMPLETED")]
    public async Task Should_ask_which_holds_when_a_report_contradicts_the_answer(string method, string status)
    {
        await Begin(OrderId, method);
        await Harness.HandleWaiting();
        var report = await Harness.ChargeReport(OrderId);
        var contrary = report with
        {
            Charge = report.Charge.IsCaptured
                ? report.Charge with { Status = "DECLINED", DeclineReason = "CARD_DECLINED", ChargedAt = null }
                : report.Charge with { Status = "CHARGED", DeclineReason = null, ChargedAt = DateTimeOffset.UtcNow },
        };

        await Harness.Handle(contrary);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo(status));
        Assert.That(Harness.Published(OrderId), Has.Count.EqualTo(1));
        Assert.That(Logged(LogEvents.ProviderContradictsItself), Is.EqualTo(1));
    }

    [TestCase("1970-01-01T00:00:00Z")]
    [TestCase("0001-01-01T00:00:00Z")]
    [TestCase("9999-12-31T23:59:59Z")]
    public async Task Should_record_the_present_when_the_provider_states_an_impossible_time(string stated)
    {
        await Begin(OrderId, "CARD");
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesResponses = false;
        var report = await Harness.ChargeReport(OrderId);
        var (began, at) = (DateTimeOffset.UtcNow, DateTimeOffset.Parse(stated, CultureInfo.InvariantCulture));

        await Harness.Handle(report with { Charge = report.Charge with { ChargedAt = at } });
        await Harness.Handle(Cancelled(OrderId));
        var id = await Harness.PaymentId(OrderId);
        await Harness.Provider.Refund(report.Charge.Id, $"refund-{id}", Amount);
        var refund = await Harness.RefundReport(OrderId);
        await Harness.Handle(refund with { Refund = refund.Refund with { RefundedAt = at } });

        var completed = Harness.Published(OrderId).OfType<PaymentCompleted>().Single();
        var refunded = Harness.Published(OrderId).OfType<PaymentRefunded>().Single();
        Assert.That(new[] { completed.CompletedAt, refunded.RefundedAt }, Is.All.InRange(began, DateTimeOffset.UtcNow));
        Assert.That(Logged(LogEvents.ProviderTimeOutOfBounds), Is.EqualTo(2), "the difference is reported");
        await Harness.HandleWaiting();
    }

    [Test]
    public async Task Should_allow_the_clocks_to_differ_by_some_minutes()
    {
        await Begin(OrderId, "CARD");
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesResponses = false;
        var report = await Harness.ChargeReport(OrderId);
        var early = report.Charge.ChargedAt!.Value - TimeSpan.FromMinutes(4);

        await Harness.Handle(report with { Charge = report.Charge with { ChargedAt = early } });

        Assert.That(Harness.Published(OrderId).OfType<PaymentCompleted>().Single().CompletedAt, Is.EqualTo(early));
        await Harness.HandleWaiting();
    }

    [TestCase(-1)]
    [TestCase(1)]
    public async Task Should_not_take_a_refund_of_another_amount_for_the_refund(long more)
    {
        await Begin(OrderId, "CARD");
        await Harness.HandleWaiting();
        await Harness.Handle(Cancelled(OrderId));
        var id = await Harness.PaymentId(OrderId);

        await Harness.Handle(new RefundReported(id, new ProviderRefund(9, DateTimeOffset.UtcNow, Amount + more)));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDING"));
        Assert.That(Logged(LogEvents.PartialRefund), Is.EqualTo(1));
        await Harness.HandleWaiting();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    [Test]
    public async Task Should_not_believe_another_amount()
    {
        await Begin(OrderId, "CARD");
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesResponses = false;
        var report = await Harness.ChargeReport(OrderId);

        await Assert.ThatAsync(
            () => Harness.Handle(report with { Charge = report.Charge with { Amount = Amount - 1 } }),
            Throws.InvalidOperationException.With.Message.Contains($"of order {OrderId} is of {Amount}"));

        await Harness.HandleWaiting();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    /// <summary>How often an event about the order was logged.</summary>
    private int Logged(EventId id) => Harness.ChargeLog.Collector.GetSnapshot().Concat(Harness.RefundLog.Collector.GetSnapshot())
        .Count(entry => entry.Id == id && entry.StructuredState!.Any(value => value.Key == "OrderId" && value.Value == $"{OrderId}"));

    private Task Begin(long orderId, string method) => Harness.HandleAll(Placed(orderId, method), Reserved(orderId));

    private IEnumerable<(long OrderId, int[] Order)> Orders(int count) =>
        Permutations.OfEachTwice(count).Select((order, index) => ((1000 * OrderId) + index, order));
}
