using ShopSaga.Contracts.Payments;
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
        Harness.Connection.LosesAnswers = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesAnswers = false;

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
            Harness.Connection.LosesAnswers = true;
            await Harness.Handle(charge);
            Harness.Connection.LosesAnswers = false;
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
            Harness.Connection.LosesAnswers = true;
            await Harness.Handle(charge);
            Harness.Connection.LosesAnswers = false;
            var report = await Harness.ChargeReport(orderId);

            await Task.WhenAll(Harness.Handle(report), Harness.Handle(charge), Harness.Handle(Cancelled(orderId)), Harness.Handle(report));
            await Harness.HandleWaiting();

            Assert.That(await Harness.Status(orderId), Is.EqualTo("REFUNDED"));
        }
    }

    [Test]
    public async Task Should_not_be_silent_when_money_was_taken_for_a_payment_that_failed()
    {
        await Begin(OrderId, "CARD_DECLINED");
        await Harness.HandleWaiting();
        var report = await Harness.ChargeReport(OrderId);
        var contrary = report with { Charge = report.Charge with { Status = "CHARGED", DeclineReason = null, ChargedAt = DateTimeOffset.UtcNow } };

        await Assert.ThatAsync(() => Harness.Handle(contrary), Throws.InvalidOperationException.With.Message.Contains("ChargeSucceeded cannot happen to a payment that is FAILED"));

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_not_believe_another_amount()
    {
        await Begin(OrderId, "CARD");
        Harness.Connection.LosesAnswers = true;
        await Harness.Handle(Harness.TakeWaiting()!);
        Harness.Connection.LosesAnswers = false;
        var report = await Harness.ChargeReport(OrderId);

        await Assert.ThatAsync(
            () => Harness.Handle(report with { Charge = report.Charge with { Amount = Amount - 1 } }),
            Throws.InvalidOperationException.With.Message.Contains($"of order {OrderId} is of {Amount}"));

        await Harness.HandleWaiting();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    private Task Begin(long orderId, string method) => Harness.HandleAll(Placed(orderId, method), Reserved(orderId));

    private IEnumerable<(long OrderId, int[] Order)> Orders(int count) =>
        Permutations.OfEachTwice(count).Select((order, index) => ((1000 * OrderId) + index, order));
}
