using ShopSaga.Contracts.Payments;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

internal sealed class When_an_order_is_cancelled_during_the_charge : PaymentsTest
{
    [TestCase("CUSTOMER")]
    [TestCase("EXPIRED")]
    public async Task Should_not_charge_when_it_was_not_charged_yet(string reason)
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId), Cancelled(OrderId, reason));
        await Harness.HandleWaiting();

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(((PaymentFailed)Harness.Published(OrderId).Single()).Reason, Is.EqualTo("ORDER_CANCELLED"));
        Assert.That(await Harness.Provider.Find($"order-{OrderId}"), Is.Empty);
    }

    [Test]
    public async Task Should_stop_a_slow_charge()
    {
        await Harness.HandleAll(Placed(OrderId, "CARD_SLOW"), Reserved(OrderId));
        var charging = Harness.Handle(Harness.TakeWaiting()!);
        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();
        await charging;

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
        Assert.That(Harness.Published(OrderId).Single(), Is.TypeOf<PaymentFailed>());
    }

    [Test]
    public async Task Should_give_back_what_was_taken_though_the_answer_was_lost()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        var charge = Harness.TakeWaiting()!;
        Harness.Connection.LosesResponses = true;
        await Harness.Handle(charge);
        Harness.Connection.LosesResponses = false;

        await Harness.Handle(Cancelled(OrderId));
        await Harness.HandleWaiting();
        await Harness.Handle(charge);

        Assert.That(await Harness.Status(OrderId), Is.EqualTo("REFUNDED"));
    }

    [Test]
    public async Task Should_end_without_the_charge_that_is_stuck_in_the_error_queue()
    {
        await Harness.HandleAll(Placed(OrderId), Reserved(OrderId));
        var stuck = Harness.TakeWaiting()!;

        await Harness.Handle(Cancelled(OrderId, "EXPIRED"));
        await Harness.HandleWaiting();
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));

        await Harness.Handle(stuck);
        Assert.That(await Harness.Status(OrderId), Is.EqualTo("FAILED"));
    }

    [Test]
    public async Task Should_keep_nothing_whichever_comes_first()
    {
        for (var round = 1; round <= 30; round++)
        {
            var orderId = (1000 * OrderId) + round;
            await Harness.HandleAll(Placed(orderId), Reserved(orderId));
            var charge = Harness.TakeWaiting()!;

            await Task.WhenAll(Harness.Handle(charge), Harness.Handle(Cancelled(orderId)), Harness.Handle(charge));
            await Harness.HandleWaiting();

            Assert.That(await Harness.Status(orderId), Is.EqualTo("FAILED").Or.EqualTo("REFUNDED"));
        }
    }
}
