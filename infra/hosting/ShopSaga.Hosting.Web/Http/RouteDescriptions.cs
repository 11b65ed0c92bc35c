using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Hosting.Http;

/// <summary>Adds to a route's OpenAPI description what its types do not say.</summary>
public static class RouteDescriptions
{
    /// <summary>Names the route for generated clients, and says what it does.</summary>
    /// <param name="route">The route.</param>
    /// <param name="operationId">A name that is unique over all services, such as <c>placeOrder</c>.</param>
    /// <param name="summary">One line.</param>
    /// <param name="example">An example of its body.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string operationId, string summary, object? example = null)
    {
        route.WithName(operationId).WithSummary(summary);
        return example is null ? route : route.WithMetadata(new BodyExample(example));
    }

    /// <summary>
    /// The route can answer with this problem. Problems that follow from the route itself (a body, an id in the path, required roles) are
    /// added anyway.
    /// </summary>
    /// <param name="route">The route.</param>
    /// <param name="status">Such as 409.</param>
    /// <param name="codes">The last parts of <c>type</c>, such as <c>out-of-stock</c>; none for the default problem of the status.</param>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, int status, params string[] codes) =>
        route.WithMetadata(new Refusal(status, codes.Length > 0 ? codes : [ProblemCodes.Of(status).Code]));

    /// <summary>The route reads a query parameter as text.</summary>
    public static RouteHandlerBuilder TakesText(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new QueryParameter(name, description));

    /// <summary>The route reads a query parameter as a whole number.</summary>
    public static RouteHandlerBuilder TakesNumber(
        this RouteHandlerBuilder route, string name, string description, bool isRequired = false) =>
        route.WithMetadata(new QueryParameter(name, description) { IsNumber = true, IsRequired = isRequired });

    /// <summary>The route reads a query parameter as a date.</summary>
    public static RouteHandlerBuilder TakesDate(this RouteHandlerBuilder route, string name, string description, bool isRequired = false) =>
        route.WithMetadata(new QueryParameter(name, description) { IsDate = true, IsRequired = isRequired });

    /// <summary>The route reads a query parameter that is one of some words.</summary>
    public static RouteHandlerBuilder TakesOneOf(this RouteHandlerBuilder route, string name, string description, params string[] words) =>
        route.WithMetadata(new QueryParameter(name, description) { Words = words });

    /// <summary>The route reads a request header.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new RequestHeader(name, description));

    /// <summary>The route can also answer in this media type.</summary>
    public static RouteHandlerBuilder ReturnsAlso(this RouteHandlerBuilder route, string mediaType) =>
        route.WithMetadata(new OtherForm(mediaType));

    /// <summary>The route sends a response header.</summary>
    public static RouteHandlerBuilder ReturnsHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new ResponseHeader(name, description));
}

internal sealed record BodyExample(object Value);

internal sealed record Refusal(int Status, params string[] Codes)
{
    public static Refusal Of(int status) => new(status, ProblemCodes.Of(status).Code);
}

internal sealed record QueryParameter(string Name, string Description)
{
    public bool IsRequired { get; init; }

    public bool IsNumber { get; init; }

    public bool IsDate { get; init; }

    public (int Minimum, int Maximum)? Range { get; init; }

    public string[] Words { get; init; } = [];
}

internal sealed record RequestHeader(string Name, string Description);

internal sealed record ResponseHeader(string Name, string Description);

internal sealed record OtherForm(string MediaType);
