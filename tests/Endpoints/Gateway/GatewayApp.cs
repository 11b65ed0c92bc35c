using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using ShopSaga.Gateway;
using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Tests.Endpoints.Gateway;

/// <summary>
/// The gateway on a real web server, before instances of one that stands for every service and answers with what it was sent.
/// </summary>
internal sealed class GatewayApp : WebApplicationFactory<Route>
{
    private readonly EchoService[] _services;
    private readonly Dictionary<string, string> _settings;

    /// <summary>What the gateway logs.</summary>
    public FakeLogCollector Log { get; } = new();

    private GatewayApp(EchoService[] services, Dictionary<string, string> settings) => (_services, _settings) = (services, settings);

    /// <summary>What the gateway gets when it asks for the keys; null while Users is down.</summary>
    public string? Jwks { get; set; } = TestTokens.Jwks;

    public int JwksAsked { get; private set; }

    /// <summary>When Users answers the question for its keys.</summary>
    public Task JwksAnswer { get; set; } = Task.CompletedTask;

    /// <summary>What happens between the check of a token and the answer to a request that is refused for it.</summary>
    public Func<Task> BeforeChallenge { get; set; } = () => Task.CompletedTask;

    /// <summary>Starts it, with rate limits that no test meets unless its settings say so.</summary>
    public static async Task<GatewayApp> Start(string? jwks, Dictionary<string, string>? settings = null, int instances = 1)
    {
        var services = await Task.WhenAll(Enumerable.Range(1, instances).Select(EchoService.Start));
        var app = new GatewayApp(services, settings ?? []) { Jwks = jwks };
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

    public Task StopService(int instance = 1) => _services[instance - 1].Stop();

    /// <summary>The service accepts connections, but answers nothing, like a process after SIGSTOP.</summary>
    public void FreezeService(int instance = 1) => _services[instance - 1].Freeze();

    public void ThawService(int instance = 1) => _services[instance - 1].Thaw();

    public Task StartService(int instance = 1) => _services[instance - 1].StartAgain();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Auth:Issuer", TestTokens.Issuer);
        builder.UseSetting("Auth:Audience", TestTokens.Audience);
        builder.UseSetting("Auth:JwksAddress", "http://127.0.0.1:9/unused");
        foreach (var limit in new[] { "User", "Address", "Account", "Passwords" })
        {
            builder.UseSetting($"RateLimits:{limit}", "1000000/s");
        }

        foreach (var service in Enum.GetNames<Service>())
        {
            builder.UseSetting($"Services:{service}", string.Join(',', _services.Select(service => service.Address)));
        }

        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureLogging(logging => logging.AddProvider(new FakeLoggerProvider(Log)));
        builder.ConfigureTestServices(services => services.AddSingleton<JwksSource>(async cancellationToken =>
        {
            JwksAsked++;
            await JwksAnswer.WaitAsync(cancellationToken);
            return Jwks is { } keys ? keys : throw new HttpRequestException("down");
        }).PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, options =>
        {
            var challenge = options.Events.OnChallenge;
            options.Events.OnChallenge = async context =>
            {
                await BeforeChallenge();
                await challenge(context);
            };
        }));
    }
}
