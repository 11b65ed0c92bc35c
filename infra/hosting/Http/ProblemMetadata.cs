using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace ShopSaga.Hosting.Http;

/// <summary>Tells of a route, for its description, which problems it answers with.</summary>
internal static class ProblemMetadata
{
    public static ProducesResponseTypeMetadata Of(int status) => new(status, typeof(ProblemDetails), ["application/problem+json"]);
}
