using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>A service of the shop, as the history drives it.</summary>
internal interface ISimulatedService : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Where the service dies over the request that is made now.</summary>
    CrashPoint? DiesAt { set; }

    Task Start();

    /// <summary>How far its clock is ahead of the others; negative behind.</summary>
    TimeSpan Skew { get; set; }

    /// <summary>Lets the service look for messages that were committed and have not left.</summary>
    void Poll();

    Task<(int Status, JsonNode? Body)> Send(HttpRequestMessage request, string? token);
}

/// <summary>
/// The whole service with its own Program, in this process. Replaced are the clock, the transport, and the work in the background, which
/// the history does itself.
/// </summary>
/// <typeparam name="TEntryPoint">Any type of the service's assembly.</typeparam>
internal sealed class SimulatedService<TEntryPoint>(string name, SimulatedShop shop) : WebApplicationFactory<TEntryPoint>, ISimulatedService
    where TEntryPoint : class
{
    /// <summary>How often the outbox is polled.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private static readonly string[] NeededInBackground = ["Endpoint", "InstallingPhase", "SchemaScripts", "KeyRotation"];
    private readonly VirtualTime _time = new(shop.Clock);
    private HttpClient? _client;

    public string Name => name;

    public CrashPoint? DiesAt { get; set; }

    public TimeSpan Skew
    {
        get => _time.Skew;
        set => _time.Skew = value;
    }

    public async Task Start()
    {
        StartServer();
        // A request goes on in the flow of its sender, by which the scheduler of statements knows it.
        Server.PreserveExecutionContext = true;
        _client = CreateDefaultClient();
        await Eventually.Is(
            async () => (await _client.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode, $"{name} is ready");
    }

    public HttpClient NewClient(DelegatingHandler line) => CreateDefaultClient(line);

    public void Poll() => _time.Tick(PollInterval);

    public async Task<(int Status, JsonNode? Body)> Send(HttpRequestMessage request, string? token)
    {
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _client!.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, body.Length == 0 ? null : JsonNode.Parse(body));
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseContentRoot(AppContext.BaseDirectory);
        foreach (var (key, value) in Settings())
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureLogging(logging => logging.ClearProviders());
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<TimeProvider>(_time);
            services.AddSingleton<ILoggerProvider>(new StoryLog(shop.Story));
            // Meters are of the whole process: each of the services would count what all of them do.
            services.AddSingleton(_ => Sdk.CreateMeterProviderBuilder().AddPrometheusExporter().Build());
            if (name != "Users")
            {
                services.AddSingleton<JwksSource>(_ => Task.FromResult(TestTokens.Jwks));
            }

            foreach (var background in services.Where(IsNotNeeded).ToList())
            {
                services.Remove(background);
            }

            if (services.SingleOrDefault(service => service.ServiceType == typeof(EndpointConfiguration)) is { } endpoint)
            {
                Drive((EndpointConfiguration)endpoint.ImplementationInstance!);
            }

            shop.Configure(name, services);
        });
    }

    private void Drive(EndpointConfiguration endpoint)
    {
        endpoint.UseTransport(new ObservedTransport(name, shop.Broker.NewTransport(), shop.Story, () => shop.Tampering));
        if (endpoint.LockKey is { } keyOf)
        {
            endpoint.LockInOrder(message => shop.LocksKeys ? keyOf(message) : null, endpoint.LockMore);
        }

        endpoint.AtCrashPoint = (point, id) =>
        {
            try
            {
                if (DiesAt == point)
                {
                    DiesAt = null;
                    throw new Crash();
                }

                return shop.Broker.AtCrashPoint(point, id);
            }
            catch
            {
                shop.Story.Add($"{name} dies ({point})");
                throw;
            }
        };
    }

    private static bool IsNotNeeded(ServiceDescriptor service)
    {
        if (service.ServiceType != typeof(IHostedService))
        {
            return false;
        }

        var type = service.ImplementationType
            ?? service.ImplementationInstance?.GetType() ?? service.ImplementationFactory!.Method.ReturnType;
        return type.Namespace?.StartsWith("ShopSaga", StringComparison.Ordinal) == true && !NeededInBackground.Contains(type.Name);
    }

    private Dictionary<string, string> Settings()
    {
        const string Nowhere = "http://127.0.0.1:9";
        return new()
        {
            ["ConnectionStrings:Database"] = shop.Databases.ConnectionString(name),
            ["ConnectionStrings:Broker"] = "amqp://127.0.0.1:9",
            ["ConnectionStrings:Redis"] = Environment.GetEnvironmentVariable("SHOPSAGA_REDIS")!,
            ["Business:TimeZone"] = "UTC",
            ["Auth:Issuer"] = TestTokens.Issuer,
            ["Auth:Audience"] = TestTokens.Audience,
            ["Auth:JwksAddress"] = Nowhere,
            ["Internal:Key"] = SimulatedShop.Key,
            ["Payments:Address"] = Nowhere,
            ["Payments:Key"] = SimulatedShop.Key,
            ["Provider:Address"] = Nowhere,
            ["Provider:ApiKey"] = SimulatedShop.Key,
            ["Provider:WebhookSecret"] = SimulatedShop.Key,
            ["Webhooks:Address"] = Nowhere,
            ["Webhooks:Secret"] = SimulatedShop.Key,
            ["Admin:Email"] = "admin@shop.test",
            ["Admin:Password"] = "correct horse battery",
            ["Signing:EncryptionKey"] = Convert.ToBase64String(new byte[32]),
        };
    }
}
