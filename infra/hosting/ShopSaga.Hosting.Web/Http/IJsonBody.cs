using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// A record that is the body of a request: a parameter of its type in a route is read from JSON and checked before the route runs. Members
/// without a default are required; those whose type is not nullable refuse null; data annotations (<see cref="TextAttribute"/>,
/// <c>[Range]</c> …) on a member bound its value. An invalid body is a 400 that names the members.
/// </summary>
/// <example><c>internal sealed record AddStock([Range(1, 1000)] int Quantity) : IJsonBody&lt;AddStock&gt;;</c></example>
/// <typeparam name="TSelf">The record itself.</typeparam>
public interface IJsonBody<TSelf> : IBindableFromHttpContext<TSelf>, IEndpointParameterMetadataProvider
    where TSelf : class, IJsonBody<TSelf>
{
    static async ValueTask<TSelf?> IBindableFromHttpContext<TSelf>.BindAsync(HttpContext context, ParameterInfo parameter) =>
        await JsonBody.Read<TSelf>(context.Request, context.RequestAborted);

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(TSelf)));
        builder.Metadata.Add(Refusal.Of(StatusCodes.Status400BadRequest));
        builder.Metadata.Add(Refusal.Of(StatusCodes.Status413PayloadTooLarge));
        builder.Metadata.Add(Refusal.Of(StatusCodes.Status415UnsupportedMediaType));
    }
}
