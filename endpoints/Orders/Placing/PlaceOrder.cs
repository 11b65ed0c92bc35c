using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Orders.Following;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Placing;

/// <summary>POST /orders: accepted as soon as it is written; stock and payment follow by themselves.</summary>
internal static class PlaceOrder
{
    internal static async Task<Results<Accepted<OrderView>, Created<OrderView>, ProblemHttpResult>> Handle(
        OrderBody body, [AsParameters] PlacingRequest request, OrderDesk desk)
    {
        var wanted = body.Wanted();
        return await desk.Place(request, body.PaymentMethod, async sql => await Quote.For(wanted, sql));
    }
}
