using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>
/// One service in this process, on a database and a broker of its own that are gone with it. It trusts the tokens of <see
/// cref="TestTokens"/>.
/// </summary>
/// <typeparam name="TEntryPoint">Any type of the service's assembly.</typeparam>
internal sealed class ServiceApp<TEntryPoint> : WebApplicationFactory<TEntryPoint>
    where TEntryPoint : class
{
    /// <summary>What services show each other.</summary>
    public const string InternalKey = "test-internal-key";

    private readonly string _name =
        $"test_{typeof(TEntryPoint).Assembly.GetName().Name!.Split('.')[^1]}_{Guid.NewGuid():N}".ToLowerInvariant();
    private readonly Dictionary<string, string> _settings;
    private readonly Action<IServiceCollection>? _services;

    private ServiceApp(Dictionary<string, string>? settings, Action<IServiceCollection>? services)
    {
        _settings = settings ?? [];
        _services = services;
    }

    /// <summary>The service's database, to look into.</summary>
    public string Database { get; private set; } = "";

    /// <summary>The service's virtual host, to send to and to listen on.</summary>
    public string Broker { get; private set; } = "";

    /// <summary>Starts the service.</summary>
    /// <param name="settings">Configuration beside the addresses, such as <c>Orders:Expiry</c>.</param>
    /// <param name="services">Services that take the place of the real ones.</param>
    public static async Task<ServiceApp<TEntryPoint>> Start(
        Dictionary<string, string>? settings = null,
        Action<IServiceCollection>? services = null)
    {
        var app = new ServiceApp<TEntryPoint>(settings, services);
        try
        {
            app.Database = await TestServers.CreateDatabase(app._name);
            app.Broker = await TestServers.CreateBroker(app._name);
            app.StartServer();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>A second instance of the same service: same database, same queue.</summary>
    /// <param name="services">Services that take the place of the real ones, if not the same as in the first.</param>
    /// <param name="settings">Configuration that differs from that of the first.</param>
    public ServiceApp<TEntryPoint> StartAnother(Action<IServiceCollection>? services = null, Dictionary<string, string>? settings = null)
    {
        var all = new Dictionary<string, string>(_settings);
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        var another = new ServiceApp<TEntryPoint>(all, services ?? _services) { Database = Database, Broker = Broker };
        another.StartServer();
        return another;
    }

    /// <summary>A client without a token.</summary>
    public HttpClient Anonymous() => CreateDefaultClient();

    /// <summary>A client with the token of a customer.</summary>
    public HttpClient Customer(long userId) => With(TestTokens.Customer(userId));

    /// <summary>A client with the token of an administrator.</summary>
    public HttpClient Admin(long userId = 1) => With(TestTokens.Admin(userId));

    /// <summary>A client with any token.</summary>
    public HttpClient With(string token)
    {
        var client = CreateDefaultClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await TestServers.DropDatabase(_name);
        await TestServers.DropBroker(_name);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("ConnectionStrings:Database", Database);
        builder.UseSetting("ConnectionStrings:Broker", Broker);
        builder.UseSetting("ConnectionStrings:Redis", TestServers.Redis);
        builder.UseSetting("Auth:Issuer", TestTokens.Issuer);
        builder.UseSetting("Auth:Audience", TestTokens.Audience);
        builder.UseSetting("Auth:JwksAddress", "http://127.0.0.1:9/unused");
        builder.UseSetting("Internal:Key", InternalKey);
        builder.UseSetting("Payments:Address", "http://127.0.0.1:9");
        builder.UseSetting("Payments:Key", InternalKey);
        builder.UseSetting("Provider:Address", "http://127.0.0.1:9");
        builder.UseSetting("Provider:ApiKey", "test-api-key");
        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services =>
        {
            // A second registration would be the service's own, that of Users: it stays.
            if (services.Count(service => service.ServiceType == typeof(JwksSource)) == 1)
            {
                services.AddSingleton<JwksSource>(_ => Task.FromResult(TestTokens.Jwks));
            }

            _services?.Invoke(services);
        });
    }
}
