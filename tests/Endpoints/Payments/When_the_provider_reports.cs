using ShopSaga.Contracts.Payments;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>The provider's own word against its answers, and against what happens to the order meanwhile.</summary>
internal sealed class When_the_provider_reports : DeskTest
{
    [Test]
    public async Task Should_take_it_as_the_answer_that_was_lost()
    {
        await Begin(OrderId, "CARD");
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(Desk.TakeWaiting()!);
        Desk.Line.LosesAnswers = false;

        await Desk.Handle(await Desk.ChargeReport(OrderId));

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
        Assert.That(Desk.Published(OrderId).Single(), Is.TypeOf<PaymentCompleted>());
        await Desk.HandleWaiting();
    }

    [TestCase("CARD")]
    [TestCase("CARD_DECLINED")]
    public async Task Should_take_effect_once_in_any_order_with_the_answer(string method)
    {
        foreach (var (orderId, order) in Orders(2))
        {
            await Begin(orderId, method);
            var charge = Desk.TakeWaiting()!;
            await Desk.Provider.Charge($"order-{orderId}", method, Amount, $"order-{orderId}");
            var report = await Desk.ChargeReport(orderId);

            await Desk.HandleAll(order.Select(which => which == 0 ? charge : report));

            Assert.That(await Desk.Status(orderId), Is.EqualTo(method == "CARD" ? "COMPLETED" : "FAILED"));
            Assert.That(Desk.Waiting, Is.Empty);
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
            var charge = Desk.TakeWaiting()!;
            Desk.Line.LosesAnswers = true;
            await Desk.Handle(charge);
            Desk.Line.LosesAnswers = false;
            var report = await Desk.ChargeReport(orderId);

            await Desk.HandleAll(order.Select(which => new[] { charge, report, Cancelled(orderId) }[which]));
            await Desk.HandleWaiting();

            Assert.That(await Desk.Status(orderId), Is.EqualTo(status));
        }
    }

    [Test]
    public async Task Should_take_a_refund_once_in_any_order_with_the_answer()
    {
        foreach (var (orderId, order) in Orders(2))
        {
            await Begin(orderId, "CARD");
            await Desk.HandleWaiting();
            await Desk.Handle(Cancelled(orderId));
            var refund = Desk.TakeWaiting()!;
            var charge = (await Desk.Provider.Find($"order-{orderId}")).Single()!;
            await Desk.Provider.Refund((long)charge["id"]!, $"refund-{await Desk.PaymentId(orderId)}", Amount);
            var report = await Desk.RefundReport(orderId);

            await Desk.HandleAll(order.Select(which => which == 0 ? refund : report));

            Assert.That(await Desk.Status(orderId), Is.EqualTo("REFUNDED"));
            Assert.That(Desk.Published(orderId).OfType<PaymentRefunded>().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Should_agree_on_one_outcome_when_report_answer_and_cancellation_come_at_the_same_time()
    {
        for (var round = 1; round <= 20; round++)
        {
            var orderId = (1000 * OrderId) + round;
            await Begin(orderId, "CARD");
            var charge = Desk.TakeWaiting()!;
            Desk.Line.LosesAnswers = true;
            await Desk.Handle(charge);
            Desk.Line.LosesAnswers = false;
            var report = await Desk.ChargeReport(orderId);

            await Task.WhenAll(Desk.Handle(report), Desk.Handle(charge), Desk.Handle(Cancelled(orderId)), Desk.Handle(report));
            await Desk.HandleWaiting();

            Assert.That(await Desk.Status(orderId), Is.EqualTo("REFUNDED"));
        }
    }

    [Test]
    public async Task Should_not_be_silent_when_money_was_taken_for_a_payment_that_failed()
    {
        await Begin(OrderId, "CARD_DECLINED");
        await Desk.HandleWaiting();
        var report = await Desk.ChargeReport(OrderId);
        var contrary = report with { Charge = report.Charge with { Status = "CHARGED", DeclineReason = null, ChargedAt = DateTimeOffset.UtcNow } };

        await Assert.ThatAsync(() => Desk.Handle(contrary), Throws.InvalidOperationException.With.Message.Contains("FAILED cannot be Charged"));

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_not_believe_another_amount()
    {
        await Begin(OrderId, "CARD");
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(Desk.TakeWaiting()!);
        Desk.Line.LosesAnswers = false;
        var report = await Desk.ChargeReport(OrderId);

        await Assert.ThatAsync(
            () => Desk.Handle(report with { Charge = report.Charge with { Amount = Amount - 1 } }),
            Throws.InvalidOperationException.With.Message.Contains($"of order {OrderId} is of {Amount}"));

        await Desk.HandleWaiting();
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("COMPLETED"));
    }

    private Task Begin(long orderId, string method) => Desk.HandleAll(Placed(orderId, method), Reserved(orderId));

    private IEnumerable<(long OrderId, int[] Order)> Orders(int count) =>
        InAnyOrder.EachTwice(count).Select((order, index) => ((1000 * OrderId) + index, order));
}
