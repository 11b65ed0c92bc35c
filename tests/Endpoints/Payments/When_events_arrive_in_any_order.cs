using ShopSaga.Contracts.Payments;
using ShopSaga.Tests.Endpoints.Support;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>Each event twice, in every order there is; what Payments sends itself is handled in between, or after all of them.</summary>
internal sealed class When_events_arrive_in_any_order() : PaymentsTest(providerTimeout: 0.3)
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_charge_an_order_once(bool atOnce)
    {
        foreach (var (orderId, order) in OrdersOfEachTwice(2))
        {
            await Deliver(order.Select(which => which == 0 ? (object)Placed(orderId) : Reserved(orderId)), atOnce);

            Assert.That(await Harness.Status(orderId), Is.EqualTo("COMPLETED"));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Should_never_charge_an_order_that_is_out_of_stock(bool atOnce)
    {
        foreach (var (orderId, order) in OrdersOfEachTwice(3))
        {
            object[] events = [Placed(orderId), Rejected(orderId), Cancelled(orderId, "OUT_OF_STOCK")];
            await Deliver(order.Select(which => events[which]), atOnce);

            Assert.That(await Harness.Status(orderId), Is.Null);
            Assert.That(Harness.Published(orderId), Is.Empty);
        }
    }

    [TestCase("CARD", true, 1)]
    [TestCase("CARD", false, 1)]
    [TestCase("CARD_DECLINED", true, 2)]
    [TestCase("CARD_DECLINED", false, 2)]
    [TestCase("CARD_FLAKY", true, 3)]
    [TestCase("CARD_FLAKY", false, 3)]
    [TestCase("CARD_REFUND_FLAKY", true, 3)]
    [TestCase("CARD_REFUND_FLAKY", false, 3)]
    [TestCase("CARD_TIMEOUT_CHARGED", true, 9)]
    [TestCase("CARD_TIMEOUT_CHARGED", false, 9)]
    [TestCase("CARD_TIMEOUT_LOST", true, 9)]
    [TestCase("CARD_TIMEOUT_LOST", false, 9)]
    public async Task Should_keep_no_money_of_a_cancelled_order(string method, bool atOnce, int oneIn)
    {
        foreach (var (orderId, order) in OrdersOfEachTwice(3).Where(each => each.OrderId % oneIn == 0))
        {
            object[] events = [Placed(orderId, method), Reserved(orderId), Cancelled(orderId)];
            await Deliver(order.Select(which => events[which]), atOnce);

            Assert.That(await Harness.Status(orderId), Is.EqualTo("FAILED").Or.EqualTo("REFUNDED").Or.Null);
            if (await Harness.Status(orderId) is null)
            {
                Assert.That(Harness.Published(orderId).Single(), Is.TypeOf<PaymentFailed>());
            }
        }
    }

    [Test]
    public async Task Should_say_nothing_when_an_order_is_cancelled_because_its_payment_failed()
    {
        foreach (var (orderId, order) in OrdersOfEachTwice(2))
        {
            await Deliver([Placed(orderId, "CARD_DECLINED"), Reserved(orderId)], atOnce: true);
            object[] events = [Cancelled(orderId, "PAYMENT_DECLINED"), Reserved(orderId)];
            await Deliver(order.Select(which => events[which]), atOnce: true);

            Assert.That(Harness.Published(orderId).Single(), Is.TypeOf<PaymentFailed>());
        }
    }

    private async Task Deliver(IEnumerable<object> messages, bool atOnce)
    {
        foreach (var message in messages)
        {
            await Harness.Handle(message);
            if (atOnce)
            {
                await Harness.HandleWaiting();
            }
        }

        await Harness.HandleWaiting();
    }

    private IEnumerable<(long OrderId, int[] Order)> OrdersOfEachTwice(int count) =>
        Permutations.OfEachTwice(count).Select((order, index) => ((1000 * OrderId) + index, order));
}
