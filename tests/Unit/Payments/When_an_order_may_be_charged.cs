using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments.Charging;

namespace ShopSaga.Tests.Unit.Payments;

/// <summary>What the saga decides by itself. Where it writes, it is tested on a database, in tests/Endpoints.</summary>
internal sealed class When_an_order_may_be_charged
{
    private static readonly OrderPlaced Placed = new(1, 7, [new OrderLine(1, 3, 1000)], 3000, "CARD", DateTimeOffset.UnixEpoch);
    private static readonly StockReserved Reserved = new(1, DateTimeOffset.UnixEpoch);
    private static readonly StockRejected Rejected = new(1, []);
    private readonly TestableSaga<PaymentPolicy, PaymentPolicy.State> _saga =
        new(() => new PaymentPolicy(TimeProvider.System, NullLogger<PaymentPolicy>.Instance));

    [Test]
    public async Task Should_wait_for_the_stock()
    {
        var result = (await _saga.Handle(Placed))!;

        Assert.That(result.Completed, Is.False);
        Assert.That(result.Context.SentMessages, Is.Empty);
    }

    [Test]
    public async Task Should_wait_for_the_order()
    {
        var result = (await _saga.Handle(Reserved))!;

        Assert.That(result.Completed, Is.False);
        Assert.That(result.Context.SentMessages, Is.Empty);
    }

    [Test]
    public async Task Should_stay_as_a_tombstone_when_the_stock_was_rejected()
    {
        await _saga.Handle(Rejected);
        await _saga.Handle(Placed);
        var result = (await _saga.Handle(Reserved))!;

        Assert.That(result.Completed, Is.False);
        Assert.That(result.Context.SentMessages, Is.Empty);
    }
}
