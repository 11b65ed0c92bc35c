using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Driven;

/// <summary>
/// Two endpoints on one driven broker, and real databases.
/// <code>
///   session ─ PlaceOrder ─► Sales ─ EventOrderPlaced ─► Billing ─ Billed ─► OrderPolicy (Sales), done at its timeout
///                                          └──────────────────────────────────►┘
/// </code>
/// The billing of the second order fails at its first attempt.
/// </summary>
internal sealed class Simulation(string sales, string billing, int seed)
{
    public const string Schema = "create table effects (what text not null, of text not null)";
    private const int Orders = 2;
    private readonly FakeTimeProvider _time = TestTime.New();
    private readonly ConcurrentQueue<string> _trace = new();

    /// <summary>Which step was reached by whom, in order, and what handlers did.</summary>
    public IReadOnlyCollection<string> Trace => _trace;

    public IEnumerable<string> Placed => Enumerable.Range(1, Orders).Select(number => $"{seed}/{number}");

    public static void ConfigureSales(EndpointConfiguration configuration)
    {
        configuration.AddHandler<Seller>();
        configuration.AddSaga<OrderPolicy>();
    }

    public static void ConfigureBilling(EndpointConfiguration configuration) => configuration.AddHandler<Biller>();

    public static void AddServices(IServiceCollection services, Action<string> says) => services.AddSingleton(new Journal(says));

    /// <summary>Places the orders, and delivers until nothing is left to be delivered, now or later.</summary>
    public async Task<InMemoryBroker> Run(double duplicates, double crashes)
    {
        var broker = new InMemoryBroker(_time, seed) { Duplicates = duplicates, Crashes = crashes };
        broker.Declare(sales, $"{sales}.error", billing, $"{billing}.error");
        await using var seller = await Join(sales, ConfigureSales, broker);
        await using var biller = await Join(billing, ConfigureBilling, broker);
        foreach (var order in Placed)
        {
            await using (seller.NewRequest(out var session))
            {
                await session.Open(new SqlPersistenceOpenSessionOptions());
                await session.SynchronizedStorageSession.Execute("insert into effects values ('ordered', @order)", new { order });
                await session.SendLocal(new PlaceOrder(order));
                await session.Commit();
            }

            await broker.WaitUntilSent();
        }

        do
        {
            while (await broker.DeliverNext())
            {
            }

            if (broker.NextDue is { } next)
            {
                _time.SetUtcNow(next);
            }
        }
        while (await broker.DeliverNext());
        return broker;
    }

    private Task<TestEndpoint> Join(string name, Action<EndpointConfiguration> configure, InMemoryBroker broker) => TestEndpoint.Join(
        name,
        configuration =>
        {
            configure(configuration);
            var who = name == sales ? "Sales" : "Billing";
            configuration.AtCrashPoint = (step, id) =>
            {
                _trace.Enqueue($"{who} {step}");
                return broker.AtCrashPoint(step, id);
            };
        },
        services =>
        {
            services.AddSingleton<TimeProvider>(_time);
            AddServices(services, _trace.Enqueue);
        },
        new InMemory(broker));

    internal sealed class Journal(Action<string> says)
    {
        private readonly ConcurrentDictionary<string, bool> _failed = new();

        public void Say(string what) => says(what);

        public bool IsFirstFailureOf(string what) => _failed.TryAdd(what, true);
    }

    internal sealed record PlaceOrder(string Order);

    internal sealed record EventOrderPlaced(string Order);

    internal sealed record Billed(string Order);

    internal sealed record PatienceIsOver;

    internal sealed class Seller(Journal journal) : IHandleMessages<PlaceOrder>
    {
        public async Task Handle(PlaceOrder message, IMessageHandlerContext context)
        {
            journal.Say($"place {message.Order}");
            await context.Execute("insert into effects values ('placed', @Order)", message);
            await context.Publish(new EventOrderPlaced(message.Order));
        }
    }

    internal sealed class Biller(Journal journal) : IHandleMessages<EventOrderPlaced>
    {
        public async Task Handle(EventOrderPlaced message, IMessageHandlerContext context)
        {
            journal.Say($"bill {message.Order}");
            await context.Execute("insert into effects values ('billed', @Order)", message);
            await context.Reply(new Billed(message.Order));
            if (message.Order.EndsWith("/2", StringComparison.Ordinal) && journal.IsFirstFailureOf(message.Order))
            {
                throw new InvalidOperationException("The printer is out of paper.");
            }
        }
    }

    internal sealed class OrderData : ContainSagaData
    {
        public string Order { get; set; } = "";

        public int Changes { get; set; }
    }

    internal sealed class OrderPolicy(Journal journal) :
        Saga<OrderData>, IAmStartedByMessages<EventOrderPlaced>, IAmStartedByMessages<Billed>, IHandleTimeouts<PatienceIsOver>
    {
        public async Task Handle(EventOrderPlaced message, IMessageHandlerContext context)
        {
            journal.Say($"policy of {message.Order}: placed");
            Data.Changes++;
            await context.Execute("insert into effects values ('followed', @Order)", message);
            await RequestTimeout(context, TimeSpan.FromMinutes(10), new PatienceIsOver());
        }

        public Task Handle(Billed message, IMessageHandlerContext context)
        {
            journal.Say($"policy of {message.Order}: billed");
            Data.Changes++;
            return context.Execute("insert into effects values ('paid', @Order)", message);
        }

        public async Task Timeout(PatienceIsOver state, IMessageHandlerContext context)
        {
            journal.Say($"policy of {Data.Order}: done");
            await context.Execute("insert into effects values (@what, @Order)", new { what = $"done after {Data.Changes}", Data.Order });
            MarkAsComplete();
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrderData> mapper) => mapper.MapSaga(saga => saga.Order)
            .ToMessage<EventOrderPlaced>(message => message.Order)
            .ToMessage<Billed>(message => message.Order);
    }
}
