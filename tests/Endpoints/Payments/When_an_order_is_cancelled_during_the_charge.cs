using ShopSaga.Contracts.Payments;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_an_order_is_cancelled_during_the_charge : DeskTest
{
    [TestCase("CUSTOMER")]
    [TestCase("EXPIRED")]
    public async Task Should_not_charge_when_it_was_not_charged_yet(string reason)
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId), Cancelled(OrderId, reason));
        await Desk.HandleWaiting();

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Desk.Published(OrderId).Single()).Reason, Is.EqualTo("ORDER_CANCELLED"));
        Assert.That(await Desk.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_stop_a_slow_charge()
    {
        await Desk.HandleAll(Placed(OrderId, "CARD_SLOW"), Reserved(OrderId));
        var charging = Desk.Handle(Desk.TakeWaiting()!);
        await Desk.Handle(Cancelled(OrderId));
        await Desk.HandleWaiting();
        await charging;

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(Desk.Published(OrderId).Single(), Is.TypeOf<PaymentFailed>());
    }

    [Test]
    public async Task Should_give_back_what_was_taken_though_the_answer_was_lost()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = Desk.TakeWaiting()!;
        Desk.Line.LosesAnswers = true;
        await Desk.Handle(charge);
        Desk.Line.LosesAnswers = false;

        await Desk.Handle(Cancelled(OrderId));
        await Desk.HandleWaiting();
        await Desk.Handle(charge);

        Assert.That(await Desk.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    [Test]
    public async Task Should_end_without_the_charge_that_is_stuck_in_the_error_queue()
    {
        await Desk.HandleAll(Placed(OrderId), Reserved(OrderId));
        var stuck = Desk.TakeWaiting()!;

        await Desk.Handle(Cancelled(OrderId, "EXPIRED"));
        await Desk.HandleWaiting();
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));

        await Desk.Handle(stuck);
        Assert.That(await Desk.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_keep_nothing_whichever_comes_first()
    {
        for (var round = 1; round <= 30; round++)
        {
            var orderId = (1000 * OrderId) + round;
            await Desk.HandleAll(Placed(orderId), Reserved(orderId));
            var charge = Desk.TakeWaiting()!;

            await Task.WhenAll(Desk.Handle(charge), Desk.Handle(Cancelled(orderId)), Desk.Handle(charge));
            await Desk.HandleWaiting();

            Assert.That(await Desk.Status(orderId), Is.EqualTo("FAILED").Or.EqualTo("REFUNDED"));
        }
    }
}
