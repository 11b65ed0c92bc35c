using Microsoft.AspNetCore.Mvc;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Placing;

/// <summary>What every request that places an order says beside its body.</summary>
internal sealed record PlacingRequest(
    Caller Caller,
    HttpContext Http,
    [FromHeader(Name = PlacingRequest.KeyHeader)] string? IdempotencyKey,
    [FromHeader(Name = "Prefer")] string? Prefer)
{
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>The route, however its address was written.</summary>
    public string Route => ((RouteEndpoint)Http.GetEndpoint()!).RoutePattern.RawText!;
}
