using Microsoft.AspNetCore.Mvc;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Placing;

/// <summary>A request that places an order, without its body. The OpenAPI document has its headers because they are bound here.</summary>
internal sealed record PlacingRequest(
    Caller Caller,
    HttpContext Http,
    [FromHeader(Name = PlacingRequest.KeyHeader)] string? IdempotencyKey,
    [FromHeader(Name = PlacingRequest.PreferHeader)] string? Prefer)
{
    public const string KeyHeader = "Idempotency-Key";
    public const string PreferHeader = "Prefer";

    /// <summary>The route's pattern: the same for every spelling of the address.</summary>
    public string Route => ((RouteEndpoint)Http.GetEndpoint()!).RoutePattern.RawText!;
}
