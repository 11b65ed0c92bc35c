using System.Globalization;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace ShopSaga.Gateway;

/// <summary>Passes requests on to the services, and answers for those that do not.</summary>
internal static class Forwarding
{
    private static readonly TimeSpan connectTimeout = TimeSpan.FromSeconds(2);

    // The longest silence of a service that is at work: a request that waits thirty seconds for an order's outcome.
    private static readonly TimeSpan silence = TimeSpan.FromSeconds(60);

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        var services = Enum.GetValues<Service>().ToDictionary(
            service => service,
            service => builder.Configuration.Address($"Services:{service}"));
        builder.Services.AddReverseProxy()
            .LoadFromMemory([.. Routes.All.Select(ToProxy)], [.. services.Select(service => ToProxy(service.Key, service.Value))])
            .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = connectTimeout)
            .AddTransforms(route => route.AddRequestTransform(TellWhoCalls));
        foreach (var (service, address) in services)
        {
            builder.Services.AddHealthChecks().AddTypeActivatedCheck<ServiceCheck>(service.ToString(), failureStatus: null, tags: [], args: address);
        }
    }

    public static void MapForwarding(this WebApplication app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(RefuseLargeBodies);
        proxy.Use(AnswerForTheSilent);
        proxy.UseLoadBalancing();
    });

    private static RouteConfig ToProxy(Route route) => new()
    {
        RouteId = $"{route.Method} {route.Path}",
        ClusterId = route.Service.ToString(),
        Match = new RouteMatch { Path = route.Path, Methods = [route.Method] },
        AuthorizationPolicy = route.Who switch
        {
            Who.User => "Default",
            Who.Admin => AccessTokens.AdminPolicy,
            _ => "Anonymous",
        },
    };

    private static ClusterConfig ToProxy(Service service, Uri address) => new()
    {
        ClusterId = service.ToString(),
        Destinations = new Dictionary<string, DestinationConfig> { ["1"] = new() { Address = address.AbsoluteUri } },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = silence },
    };

    /// <summary>Says who calls, by headers that only the gateway can set.</summary>
    private static ValueTask TellWhoCalls(RequestTransformContext context)
    {
        var headers = context.ProxyRequest.Headers;
        foreach (var name in headers.NonValidated.Select(header => header.Key)
            .Where(name => name.StartsWith("X-User-", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            headers.Remove(name);
        }

        if (Caller.From(context.HttpContext.User) is { } caller)
        {
            headers.Add("X-User-Id", caller.UserId.ToString(CultureInfo.InvariantCulture));
            headers.Add("X-User-Role", caller.IsAdmin ? "admin" : "customer");
        }

        return ValueTask.CompletedTask;
    }

    private static Task RefuseLargeBodies(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentLength > JsonBody.MaxBytes)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return Task.CompletedTask;
        }

        return next(context);
    }

    private static async Task AnswerForTheSilent(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.GetForwarderErrorFeature() is { } failure && !context.Response.HasStarted)
        {
            context.Response.StatusCode = BadRequestIn(failure.Exception)?.StatusCode ?? StatusCodes.Status503ServiceUnavailable;
        }
    }

    /// <summary>A body that grew too large, or broke off, while it was passed on.</summary>
    private static BadHttpRequestException? BadRequestIn(Exception? exception) => exception switch
    {
        BadHttpRequestException bad => bad,
        AggregateException many => many.InnerExceptions.Select(BadRequestIn).FirstOrDefault(bad => bad is not null),
        null => null,
        _ => BadRequestIn(exception.InnerException),
    };

    private static Uri Address(this IConfiguration configuration, string key) =>
        Uri.TryCreate(configuration.Required(key), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new InvalidOperationException($"Configuration '{key}' is not an address such as http://127.0.0.1:8081.");
}
