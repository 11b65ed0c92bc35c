using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Orders.Pricing;
using ShopSaga.Orders.Tracking;

namespace ShopSaga.Orders.Placing;

/// <summary>POST /orders: accepted as soon as it is committed; stock and payment follow by events.</summary>
internal static class PlaceOrder
{
    internal static async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Handle(
        OrderBody body, [AsParameters] PlacingRequest request, OrderPlacement placement)
    {
        var wanted = body.Wanted();
        return await placement.Place(request, body.PaymentMethod, async sql => await Quote.For(wanted, sql));
    }
}
