using HdrHistogram;

namespace ShopSaga.Load.Capacity;

/// <summary>
/// A network of queues with the measured costs: orders pass the services as in the shop, step by step, in groups. A group computes in its
/// service and in its database, waits for one flush of the commit, and then for its messages to reach the broker's disk. It knows nothing
/// of failures, caches, networks, or locks other than that of one product.
/// </summary>
internal sealed class SimulatedShop
{
    private const int GroupSize = 20;
    private const int WorkersOfInstance = 2;
    private const int CallsOfInstance = 16;

    /// <summary>Transactions of an order in each service. Each takes the same share of the service's costs.</summary>
    private static readonly Dictionary<string, int> Transactions = new()
    {
        ["Orders"] = 4,
        ["Payments"] = 4,
        ["Products"] = 2,
        ["Settlement"] = 1,
        ["Users"] = 2,
        ["Psp"] = 1,
    };

    private const double Deliveries = 11;
    private const double DeliveriesToBusiest = 3;

    private readonly VirtualTime _time;
    private readonly Costs _costs;
    private readonly Processors _services;
    private readonly Processors _elsewhere;
    private readonly Log _broker;
    private readonly Dictionary<string, Server> _databases;
    private readonly Dictionary<string, Processors> _queues;
    private readonly Dictionary<string, Workers> _workers;
    private readonly Workers _charges;
    private readonly List<Task> _running = [];

    private SimulatedShop(VirtualTime time, Costs costs, Layout layout)
    {
        (_time, _costs) = (time, costs);
        _services = new Processors(time, layout.Services);
        var others = layout.Others is { } number ? new Processors(time, number) : _services;
        var isSpread = layout.EachDatabase > 0;
        var all = new Server(others, new Log(time, costs.Flush));
        _elsewhere = isSpread ? new Processors(time, int.MaxValue) : others;
        _broker = new Log(time, costs.Flush);
        _databases = Transactions.Keys.ToDictionary(
            service => service,
            _ => isSpread ? new Server(new Processors(time, layout.EachDatabase), new Log(time, costs.Flush)) : all);
        _queues = Transactions.Keys.ToDictionary(service => service, _ => isSpread ? new Processors(time, 1) : others);
        _workers = Transactions.Keys.ToDictionary(
            service => service,
            service => NewWorkers(
                service, service == "Products" && layout.IsOneProduct ? 1 : WorkersOfInstance * layout.Instances, GroupSize));
        _charges = NewWorkers("Payments", CallsOfInstance * layout.Instances, groupSize: 1);

        Workers NewWorkers(string service, int workers, int groupSize) =>
            new(workers, groupSize, number => Transact(service, number), _running);
    }

    /// <summary>From the arrival to the confirmation, in microseconds.</summary>
    public LongHistogram Latencies { get; } = new(1, (long)TimeSpan.FromHours(1).TotalMicroseconds, 3);

    /// <summary>How busy each part is.</summary>
    public IEnumerable<(string Part, double Share)> Busy =>
    [
        ("services", _services.Utilisation),
        .. _queues.Select(queue => ($"queue.{queue.Key}", queue.Value.Utilisation)),
        .. _databases.Select(database => ($"database.{database.Key}", database.Value.Processors.Utilisation)),
    ];

    /// <summary>Orders a second when this many are always open.</summary>
    public static (double PerSecond, SimulatedShop Shop) Saturate(Costs costs, Layout layout, int open, double seconds) =>
        Run(costs, layout, seconds, shop => shop._running.AddRange(Enumerable.Range(0, open).Select(_ => shop.OrderAgainAndAgain())));

    /// <summary>Orders that become final in a second when this many arrive, at random.</summary>
    public static (double PerSecond, SimulatedShop Shop) Arrive(Costs costs, Layout layout, double perSecond, double seconds) =>
        Run(costs, layout, seconds, shop => shop._running.Add(shop.LetArrive(perSecond)));

    /// <summary>
    /// Cells for a load, with a server for each database and enough processors, so that no part is busier than this. A queue is worth one
    /// processor at most, so the busiest one decides how many cells there are.
    /// </summary>
    /// <returns>How many cells, the layout of each, what one completes in a second, and how it does.</returns>
    public static (int Cells, Layout Cell, double PerSecond, SimulatedShop Shop) Dimension(
        Costs costs, double perSecond, double maxBusy, double seconds)
    {
        var cells = (int)Math.Ceiling(perSecond * costs.Grouped["RabbitMQ"] * DeliveriesToBusiest / Deliveries / maxBusy);
        var cell = new Layout((int)Math.Ceiling(perSecond / cells * costs.Services / maxBusy), 1) { EachDatabase = 1 };
        while (true)
        {
            // The gateway and five endpoints: an instance of each for as many processors.
            cell = cell with { Instances = (cell.Services + 5) / 6 };
            var (final, shop) = Arrive(costs, cell, perSecond / cells, seconds);
            var areServicesBusy = shop._services.Utilisation > maxBusy;
            var isDatabaseBusy = shop._databases.Values.Any(database => database.Processors.Utilisation > maxBusy);
            if (!areServicesBusy && !isDatabaseBusy)
            {
                return (cells, cell, final, shop);
            }

            cell = cell with
            {
                Services = cell.Services + (areServicesBusy ? 1 : 0),
                EachDatabase = cell.EachDatabase + (isDatabaseBusy ? 1 : 0),
            };
        }
    }

    private static (double PerSecond, SimulatedShop Shop) Run(Costs costs, Layout layout, double seconds, Action<SimulatedShop> begin)
    {
        var time = new VirtualTime();
        SimulatedShop shop = null!;
        time.Run(
            () =>
            {
                shop = new SimulatedShop(time, costs, layout);
                begin(shop);
            },
            seconds);
        if (shop._running.Find(task => task.IsFaulted) is { } failed)
        {
            failed.GetAwaiter().GetResult();
        }

        return (shop.Latencies.TotalCount / seconds, shop);
    }

    private async Task LetArrive(double perSecond)
    {
        var random = new Random(1);
        while (true)
        {
            await _time.Wait(-Math.Log(1 - random.NextDouble()) / perSecond);
            Follow(Order());
        }
    }

    private async Task OrderAgainAndAgain()
    {
        while (true)
        {
            await Order();
        }
    }

    private async Task Order()
    {
        var due = _time.Now;
        await _elsewhere.Use(_costs.Load);
        await _services.Use(_costs.Grouped["Gateway"]);
        await Transact("Orders", 1);
        Follow(Handle("Users"));
        var payment = Handle("Payments");
        await Handle("Products");
        Follow(Handle("Orders"));
        await Task.WhenAll(payment, Handle("Payments"));
        await Charge();
        Follow(Handle("Settlement"));
        await Handle("Orders");
        Latencies.RecordValue(Math.Max(1, (long)((_time.Now - due) * 1e6)));
        Follow(Handle("Users"));
        Follow(Commit());
    }

    private async Task Commit()
    {
        await Handle("Products");
        await Handle("Orders");
    }

    private async Task Charge()
    {
        await Deliver("Payments");
        await _charges.Handle();
        await Transact("Psp", 1);
        await _charges.Handle();
    }

    private async Task Handle(string service)
    {
        await Deliver(service);
        await _workers[service].Handle();
    }

    private Task Deliver(string service) => _queues[service].Use(_costs.Grouped["RabbitMQ"] / Deliveries);

    /// <summary>One transaction for a number of messages, and the way of what they send to the broker.</summary>
    private async Task Transact(string service, int messages)
    {
        var database = _databases[service];
        await (service == "Psp" ? _elsewhere : _services).Use(Of(service) / Transactions[service]);
        await database.Processors.Use(Of("PostgreSQL") / Transactions.Values.Sum());
        await database.Log.Flush();
        await _broker.Flush();

        double Of(string program) => (messages * _costs.Programs[program].Messages) + _costs.Programs[program].Transactions;
    }

    private void Follow(Task other) => _running.Add(other);
}
