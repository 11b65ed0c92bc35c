using System.Globalization;
using ShopSaga.Gateway.Limiting;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Transforms;

namespace ShopSaga.Gateway;

/// <summary>Forwards requests to the instances of the services, and answers when none of them does.</summary>
internal static class Forwarding
{
    private const string Streams = "Streams";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    // A request that waits for an order's outcome (Prefer: wait=30) is silent for up to thirty seconds.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private static readonly HealthCheckConfig Health = new()
    {
        // When no instance is healthy, all are tried: the first request finds one that has come back before its next probe does.
        AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
        Active = new ActiveHealthCheckConfig
        {
            Enabled = true,
            Path = "/health/ready",
            Interval = TimeSpan.FromSeconds(2),
            Timeout = TimeSpan.FromSeconds(3),
            Policy = SilentInstances.Policy,
        },
        Passive = new PassiveHealthCheckConfig
        {
            Enabled = true,
            Policy = UnreachableInstances.Policy,
            ReactivationPeriod = TimeSpan.FromSeconds(4),
        },
    };

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        var services = Enum.GetValues<Service>().ToDictionary(
            service => service,
            service => builder.Configuration.RequiredAddresses($"Services:{service}"));
        var pages = builder.Configuration.Addresses(Pages.Setting);
        var timeout = builder.Configuration.Time(
            "Timeouts:Service", DefaultTimeout, min: TimeSpan.FromMilliseconds(1), max: TimeSpan.FromDays(1));
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, UnreachableInstances>();
        builder.Services.AddSingleton<SilentInstances>();
        builder.Services.AddSingleton<IActiveHealthCheckPolicy>(services => services.GetRequiredService<SilentInstances>());
        builder.Services.AddReverseProxy()
            .LoadFromMemory(
                [.. Routes.All.Select(ToProxy), .. pages.Length > 0 ? Pages.Routes : []],
                [
                    .. services.Select(service => ToProxy(service.Key.ToString(), service.Value, timeout)),
                    .. pages.Length > 0 ? new[] { ToProxy(Pages.Cluster, pages, timeout) with { SessionAffinity = Pages.Affinity } } : [],
                ])
            .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = ConnectTimeout)
            .AddTransforms(route => route.AddRequestTransform(ForwardCallerIdentity));

        // The shop sells without Operations, so the gateway is ready without it.
        foreach (var (service, addresses) in services.Where(service => service.Key != Service.Operations))
        {
            builder.Services.AddHealthChecks()
                .AddTypeActivatedCheck<ServiceCheck>(service.ToString(), failureStatus: null, tags: [], args: [addresses]);
        }
    }

    public static void MapForwarding(this WebApplication app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(RefuseLargeBodies);
        proxy.Use(EndStreamsAtStop);
        proxy.Use(AnswerForwardingErrors);
        proxy.Use(UnreachableInstances.RetryElsewhere);
        proxy.UseSessionAffinity();
        proxy.UseLoadBalancing();
        proxy.Use(app.Services.GetRequiredService<SilentInstances>().GuardSilent);
        proxy.UsePassiveHealthChecks();
    });

    private static RouteConfig ToProxy(Route route) => new()
    {
        RouteId = $"{route.Method} {route.Path}",
        ClusterId = route.Service.ToString(),
        Match = new RouteMatch { Path = route.Path, Methods = [route.Method] },
        AuthorizationPolicy = route.Access switch
        {
            Access.User => "Default",
            Access.Admin => AccessTokens.AdminPolicy,
            _ => "Anonymous",
        },
        Metadata = new[] { route.TriesPassword ? RateLimits.TriesPassword : null, route.Streams ? Streams : null }
            .OfType<string>().ToDictionary(mark => mark, _ => ""),
    };

    private static ClusterConfig ToProxy(string service, Uri[] addresses, TimeSpan timeout) => new()
    {
        ClusterId = service,
        Destinations = addresses.Index().ToDictionary(
            instance => $"{service}-{instance.Index + 1}",
            instance => new DestinationConfig { Address = instance.Item.AbsoluteUri }),
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        HealthCheck = Health,

        // Without this, a header with characters beyond ASCII fails here with a 500; the service decides what is valid.
        HttpClient = new HttpClientConfig { RequestHeaderEncoding = "utf-8" },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = timeout },
    };

    /// <summary>
    /// Removes X-User-… headers that the client sent and sets the gateway's own, for services that cannot check a token. Ours read none of
    /// them, and check the token that is forwarded too.
    /// </summary>
    private static ValueTask ForwardCallerIdentity(RequestTransformContext context)
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

    /// <summary>
    /// An open stream would delay the stop until the process is killed. Its client reconnects, with Last-Event-ID, to another gateway.
    /// </summary>
    private static async Task EndStreamsAtStop(HttpContext context, RequestDelegate next)
    {
        if (context.GetReverseProxyFeature().Route.Config.Metadata?.ContainsKey(Streams) != true)
        {
            await next(context);
            return;
        }

        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await using var end = stopping.Register(context.Abort);
        await next(context);
    }

    private static async Task AnswerForwardingErrors(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.GetForwarderErrorFeature() is { } failure && !context.Response.HasStarted)
        {
            context.Response.StatusCode = BadRequestIn(failure.Exception)?.StatusCode
                ?? (IsClientError(failure.Error) ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>The client stopped sending, and may still read the response.</summary>
    private static bool IsClientError(ForwarderError error) =>
        error is ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient;

    /// <summary>The body turned out too large, or ended early, while it was forwarded.</summary>
    private static BadHttpRequestException? BadRequestIn(Exception? exception) => exception switch
    {
        BadHttpRequestException bad => bad,
        AggregateException many => many.InnerExceptions.Select(BadRequestIn).FirstOrDefault(bad => bad is not null),
        null => null,
        _ => BadRequestIn(exception.InnerException),
    };
}
