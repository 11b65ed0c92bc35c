namespace ShopSaga.Local.Layout;

/// <summary>The whole system on one page: services, ports, databases, published events and subscriptions.</summary>
internal static class Topology
{
    public const int DefaultBasePort = 8080;

    // Every port is the base port (the gateway's) plus an offset; all on 127.0.0.1.
    public const int PostgreSqlOffset = 20;
    public const int RabbitMqOffset = 21;
    public const int RabbitMqManagementOffset = 22;
    public const int ErlangDistributionOffset = 23;
    public const int EpmdOffset = 24;
    public const int RedisOffset = 25;
    public const int LaboratoryOffset = 38;
    public const int RabbitMqMetricsOffset = 17;

    // Only with --observe.
    public const int OtlpOffset = 19;
    public const int PrometheusOffset = 18;
    public const int DashboardOffset = 9;

    // Added to a service's offset: the first instance, the second, …
    private static readonly int[] InstanceOffsets = [0, 10, 25, 31];

    /// <summary>The number of ports reserved for a stack, and so the minimum distance between the base ports of two stacks.</summary>
    public const int PortsPerStack = 40;

    // A service stands below those it calls, but for Web and Operations, which wait for none at their start.
    public static readonly Service[] Services =
    [
        new("psp", Offset: 10, Assembly: "ShopSaga.Psp", Database: new("pspdb", "psp")),

        new("Users", Offset: 1, Assembly: "ShopSaga.Users", Database: new("userdb", "users"))
        {
            Publishes = ["UserRegistered", "AccountClosed"],
            ReactsTo =
            [
                "OrderPlaced", "OrderConfirmed", "OrderCancelled", "StockReleased", "StockRejected", "PaymentFailed", "PaymentRefunded",
            ],
        },
        new("Products", Offset: 2, Assembly: "ShopSaga.Products", Database: new("productdb", "products"))
        {
            UsesRedis = true,
            Publishes =
            [
                "ProductListed", "ProductPriceChanged", "ProductWithdrawn",
                "StockReserved", "StockRejected", "StockReleased", "StockCommitted",
            ],
            ReactsTo = ["OrderPlaced", "OrderConfirmed", "OrderCancelled", "PaymentFailed"],
        },
        new("Orders", Offset: 3, Assembly: "ShopSaga.Orders", Database: new("orderdb", "orders"))
        {
            UsesRedis = true,
            Publishes = ["OrderPlaced", "OrderConfirmed", "OrderCancelled"],
            ReactsTo =
            [
                "ProductListed", "ProductPriceChanged", "ProductWithdrawn",
                "StockReserved", "StockRejected", "StockReleased", "StockCommitted",
                "PaymentCompleted", "PaymentFailed", "PaymentRefunded", "AccountClosed",
            ],
        },
        new("Payments", Offset: 4, Assembly: "ShopSaga.Payments", Database: new("paymentdb", "payments"))
        {
            Publishes = ["PaymentCompleted", "PaymentFailed", "PaymentRefunded"],
            ReactsTo = ["OrderPlaced", "StockReserved", "StockRejected", "OrderCancelled"],
        },
        new("Settlement", Offset: 5, Assembly: "ShopSaga.Settlement", Database: new("settlementdb", "settlement"))
        {
            Publishes = ["DailySettlementClosed", "MonthlySettlementClosed", "BooksDiffered"],
            ReactsTo = ["PaymentCompleted", "PaymentRefunded"],
        },

        new("Web", Offset: 6, Assembly: "ShopSaga.Web", Database: null) { UsesRedis = true, CanHaveInstances = true },
        new("Operations", Offset: 7, Assembly: "ShopSaga.Operations", Database: null) { ReturnsFailedMessages = true },

        new("gateway", Offset: 0, Assembly: "ShopSaga.Gateway", Database: null),
    ];

    /// <summary>The largest number of instances of a service.</summary>
    public static int MaxInstances => InstanceOffsets.Length;

    /// <summary>All processes of the services. Endpoints on the bus and the web application can have several instances.</summary>
    public static IEnumerable<Instance> Instances(int ofEach) => Services.SelectMany(service => Instances(service, ofEach));

    /// <summary>The processes of one service.</summary>
    public static IEnumerable<Instance> Instances(Service service, int ofEach) =>
        Enumerable.Range(1, service.CanHaveInstances ? ofEach : 1)
            .Select(number => new Instance(service, number, service.Offset + InstanceOffsets[number - 1]));

    /// <summary>The service of this name.</summary>
    public static Service Find(string name) => Services.Single(service => service.Name == name);

    /// <summary>The service that publishes the event of this name; each has one.</summary>
    public static Service PublisherOf(string name) => Services.Single(service => service.Publishes.Contains(name));
}

/// <summary>A service. An endpoint on the bus, and its queue, have the name of its assembly.</summary>
internal sealed record Service(string Name, int Offset, string Assembly, Database? Database)
{
    public bool UsesRedis { get; init; }
    public string[] Publishes { get; init; } = [];
    public string[] ReactsTo { get; init; } = [];
    public bool IsOnTheBus => Publishes.Length + ReactsTo.Length > 0;

    /// <summary>The gateway spreads requests over the instances.</summary>
    public bool CanHaveInstances { get => field || IsOnTheBus; init; }

    /// <summary>Reads the error queue and writes to the queues of all endpoints. It is no endpoint: it has no queue of its own.</summary>
    public bool ReturnsFailedMessages { get; init; }

    public bool HasBrokerUser => IsOnTheBus || ReturnsFailedMessages;
}

/// <summary>A process of a service. The first has the name of the service, the others are called Orders-2 and so on.</summary>
internal sealed record Instance(Service Service, int Number, int Offset)
{
    public string Name => Number == 1 ? Service.Name : $"{Service.Name}-{Number}";

    /// <summary>The name by which ServicePulse tells the instances of an endpoint apart; the same after a restart.</summary>
    public string EndpointInstance => Number == 1 ? Service.Assembly : $"{Service.Assembly}-{Number}";
}

/// <summary>A database, and the role that reads and writes its rows.</summary>
internal sealed record Database(string Name, string Role)
{
    /// <summary>The role that owns the tables. The service uses it only while it starts.</summary>
    public string Owner => Role + "_owner";
}
