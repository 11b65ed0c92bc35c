using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ShopSaga.Gateway;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Gateway;

/// <summary>The gateway on a real web server, before one that stands for every service and answers with what it was sent.</summary>
internal sealed class GatewayApp : WebApplicationFactory<Route>
{
    private readonly WebApplication _service;

    private GatewayApp(WebApplication service) => _service = service;

    /// <summary>What the gateway gets when it asks for the keys; null while Users is down.</summary>
    public string? Jwks { get; set; } = TestTokens.Jwks;

    public int JwksAsked { get; private set; }

    public static async Task<GatewayApp> Start(string? jwks)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var service = builder.Build();
        service.MapGet("/health/ready", () => "ready");
        service.MapGet("/products/404", () => TypedResults.Problem(statusCode: 404, type: "/problems/not-found", detail: "from the service"));
        service.MapGet("/products/503", (HttpContext context) => context.Abort());
        service.MapFallback("{*path}", async (HttpRequest request) => TypedResults.Ok(new
        {
            request.Method,
            Path = request.Path.Value,
            Query = request.QueryString.Value,
            Headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            Body = await new StreamReader(request.Body).ReadToEndAsync(),
        }));
        await service.StartAsync();

        var app = new GatewayApp(service) { Jwks = jwks };
        app.UseKestrel(0);
        app.StartServer();
        return app;
    }

    public HttpClient Client(string? token = null)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public Task StopService() => _service.StopAsync();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _service.DisposeAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Auth:Issuer", TestTokens.Issuer);
        builder.UseSetting("Auth:Audience", TestTokens.Audience);
        builder.UseSetting("Auth:JwksAddress", "http://127.0.0.1:9/unused");
        foreach (var service in Enum.GetNames<Service>())
        {
            builder.UseSetting($"Services:{service}", _service.Urls.Single());
        }

        builder.ConfigureTestServices(services => services.AddSingleton<JwksSource>(_ =>
        {
            JwksAsked++;
            return Jwks is { } keys ? Task.FromResult(keys) : throw new HttpRequestException("down");
        }));
    }
}
