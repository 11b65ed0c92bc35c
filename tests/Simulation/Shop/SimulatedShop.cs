using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Psp;
using ShopSaga.Tests.Simulation.Faults;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>
/// The whole shop in one process: five services and the provider, on a broker that delivers one message when told to, and on real
/// databases. Made once for many histories.
/// </summary>
internal sealed class SimulatedShop : IAsyncDisposable
{
    /// <summary>Used as every secret.</summary>
    public const string Key = "a-secret-of-the-simulation-of-32-bytes";

    private const int HistoriesBetweenVacuums = 20;
    private static readonly DateTimeOffset Beginning = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(2);
    private readonly SimulatedService<IdempotencyKey> _provider;
    private readonly VirtualTime _timeOfCalls;
    private PaymentProvider? _providerClient;
    private HttpClient? _http;
    private int _histories;
    private BuiltInFault? _fault;

    private SimulatedShop(Databases databases)
    {
        Databases = databases;
        _timeOfCalls = new VirtualTime(Clock);
        Story = new Story(Clock);
        Broker = new InMemoryBroker(_timeOfCalls, seed: 0);
        Line = new ProviderLine(Story, () => Tampering);
        _provider = new SimulatedService<IdempotencyKey>("psp", this);
        Users = new SimulatedService<Registration>("Users", this);
        Products = new SimulatedService<ShopSaga.Products.Product>("Products", this);
        Orders = new SimulatedService<OrderLifecycle>("Orders", this);
        OtherOrders = new SimulatedService<OrderLifecycle>("Orders", this);
        Payments = new SimulatedService<PaymentPolicy>("Payments", this);
        Settlement = new SimulatedService<ShopSaga.Settlement.Closing.ClosingTimes>("Settlement", this);
    }

    public Clock Clock { get; } = new();

    public Story Story { get; }

    public InMemoryBroker Broker { get; }

    public Databases Databases { get; }

    public ProviderLine Line { get; }

    /// <summary>Whether messages of one key, such as an order's id, wait for each other.</summary>
    public bool LocksKeys { get; set; } = true;

    /// <summary>How the built-in fault changes things in this history; null without one.</summary>
    public Tampering? Tampering { get; private set; }

    /// <summary>The payment provider, for what people do there.</summary>
    public ISimulatedService Provider => _provider;

    public ISimulatedService Users { get; }

    public ISimulatedService Products { get; }

    public ISimulatedService Orders { get; }

    /// <summary>A second instance: it takes requests and messages, and gets what the first has left behind to the broker.</summary>
    public ISimulatedService OtherOrders { get; }

    public ISimulatedService Payments { get; }

    public ISimulatedService Settlement { get; }

    /// <summary>The instances of all services on the bus.</summary>
    public IReadOnlyList<ISimulatedService> Services => [Users, Products, Orders, OtherOrders, Payments, Settlement];

    public static async Task<SimulatedShop> Open()
    {
        var shop = new SimulatedShop(await Databases.Create());
        await shop._provider.Start();
        shop._http = shop._provider.NewClient(shop.Line);
        shop._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        foreach (var service in shop.Services)
        {
            await service.Start();
        }

        return shop;
    }

    /// <summary>Takes everything back to the beginning, for the history of a seed.</summary>
    public async Task Begin(int seed)
    {
        await Broker.WaitUntilSent();
        await Databases.Empty();
        if (++_histories % HistoriesBetweenVacuums == 0)
        {
            await Databases.Vacuum();
        }

        Clock.Now = Beginning;
        Broker.StartAnew(seed);
        Line.Begin();
        foreach (var service in Services)
        {
            service.Skew = TimeSpan.Zero;
        }

        Tampering = _fault?.Tampering?.Invoke();
        // Its circuit breaker remembers failures.
        _providerClient = new PaymentProvider(_http!, ProviderTimeout, _timeOfCalls, NullLogger<PaymentProvider>.Instance);
        Story.Begin();
    }

    /// <summary>Lets a service look twice for messages that have not left: the first time a message could be on its way.</summary>
    public async Task Poll(ISimulatedService service)
    {
        for (var look = 0; look < 2; look++)
        {
            service.Poll();
            await Broker.WaitUntilSent();
        }
    }

    /// <summary>Builds a fault into the histories that begin from now on, until it is taken out.</summary>
    public async Task<IAsyncDisposable> With(BuiltInFault fault)
    {
        _fault = fault;
        if (fault.Statements is { } statements)
        {
            await Databases.Execute(
                fault.Service,
                $"""
                CREATE FUNCTION built_in_fault() RETURNS trigger LANGUAGE plpgsql AS $fault$ BEGIN {statements}; RETURN NEW; END $fault$;
                CREATE TRIGGER built_in_fault {fault.When} FOR EACH ROW EXECUTE FUNCTION built_in_fault();
                """);
        }

        return new TakeOut(this, fault);
    }

    internal void Configure(string name, IServiceCollection services)
    {
        if (name == "Payments")
        {
            services.AddTransient(_ => _providerClient!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Services.Append(_provider))
        {
            try
            {
                await service.DisposeAsync();
            }
            catch (ObjectDisposedException)
            {
                // Its Program, which runs too, has stopped the host first.
            }
        }

        _http?.Dispose();
        Line.Dispose();
        await Databases.DisposeAsync();
    }

    private sealed class TakeOut(SimulatedShop shop, BuiltInFault fault) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            (shop._fault, shop.Tampering) = (null, null);
            if (fault.Statements is not null)
            {
                await shop.Databases.Execute(fault.Service, "DROP FUNCTION built_in_fault CASCADE");
            }
        }
    }
}
