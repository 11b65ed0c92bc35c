using System.Reflection;
using ShopSaga.Contracts.Payments;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;
using ShopSaga.Payments.Charging;
using ShopSaga.Products.Reserving;
using ShopSaga.Settlement.Entering;
using ShopSaga.Tests.Endpoints.Payments;
using ShopSaga.Tests.Endpoints.Products;
using ShopSaga.Tests.Endpoints.Settlement;

namespace ShopSaga.Tests.Endpoints.Choreography;

/// <summary>
/// The real handlers, sagas and requests of every service that takes part in an order, each on its own database. The network between them
/// keeps no order and has no inbox: it draws by lot what to deliver next, delivers some messages again later, and what fails again.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private const int MaxDeliveries = 2_000;
    private static readonly (string Name, Assembly Assembly)[] Endpoints =
    [
        ("Orders", typeof(OrderLifecycle).Assembly), ("Products", typeof(ReserveStockHandler).Assembly),
        ("Payments", typeof(PaymentPolicy).Assembly), ("Settlement", typeof(Ledger).Assembly),
    ];

    private static readonly ILookup<Type, string> Subscribers = (
        from endpoint in Endpoints
        from type in endpoint.Assembly.GetTypes()
        from handled in type.GetInterfaces()
        where !type.IsAbstract && handled.IsGenericType && handled.GetGenericTypeDefinition() == typeof(IHandleMessages<>)
        select (endpoint.Name, Message: handled.GetGenericArguments()[0])).Distinct().ToLookup(pair => pair.Message, pair => pair.Name);

    private readonly OrdersHarness _orders;
    private readonly ProductsHarness _products;
    private readonly PaymentsHarness _payments;
    private readonly TestBooks _settlement;
    private readonly Dictionary<long, int> _publishedByPayments = [];

    private Network(OrdersHarness orders, ProductsHarness products, PaymentsHarness payments, TestBooks settlement) =>
        (_orders, _products, _payments, _settlement) = (orders, products, payments, settlement);

    public static async Task<Network> Open() =>
        new(
            await OrdersHarness.Open(),
            await ProductsHarness.Open(),
            await PaymentsHarness.Open(providerTimeout: 0.5),
            await TestBooks.Open());

    /// <summary>Goes the plan's way to its end; gives what is wrong then.</summary>
    public async Task<IReadOnlyList<string>> Run(Plan plan)
    {
        var journey = new Journey(this, plan);
        await journey.ToTheEnd();
        return await journey.Faults();
    }

    public async ValueTask DisposeAsync()
    {
        await _orders.DisposeAsync();
        await _products.DisposeAsync();
        await _payments.DisposeAsync();
        await _settlement.Database.DisposeAsync();
    }

    /// <summary>One plan, on the databases that all plans share.</summary>
    private sealed class Journey(Network network, Plan plan)
    {
        private readonly Random _lot = new(plan.Seed);
        private readonly List<(string To, object Message)> _pending = [];
        private readonly Dictionary<long, OrderPlan> _placed = [];
        private readonly HashSet<long> _cancelled = [];
        private readonly List<string> _story = [];
        private readonly List<string> _faults = [];
        private int _copiesLeft = plan.Copies;

        public async Task ToTheEnd()
        {
            var products = new List<long>();
            foreach (var stock in plan.Stock)
            {
                products.Add(await network._products.List(stock));
            }

            _pending.AddRange(plan.Orders.Select(order => ("customer", (object)new Placing(order, products))));
            if (plan.TimePasses)
            {
                _pending.Add(("clock", new TimePasses()));
            }

            await Drain();

            // The expiry must not touch an order that is final; an order that is not would be cancelled now.
            _pending.Add(("clock", new TimePasses()));
            await Drain();
        }

        public async Task<IReadOnlyList<string>> Faults()
        {
            var faults = _faults.ToList();
            foreach (var order in await network._orders.Read(_placed.Keys))
            {
                var stock = await network._products.State(order.Id);
                var payment = await network._payments.Status(order.Id);
                var kept = await Kept(order.Id);
                var ledger = await Ledger(order.Id);
                var isSound = order.Status switch
                {
                    "CONFIRMED" => (stock, payment, kept, ledger) == ("COMMITTED", "COMPLETED", order.TotalAmount, order.TotalAmount),
                    "CANCELLED" =>
                        stock is "RELEASED" or "REJECTED" && payment is null or "FAILED" or "REFUNDED" && (kept, ledger) == (0, 0),
                    _ => false,
                };
                if (!isSound)
                {
                    faults.Add($"{order}; its stock is {stock}, its payment {payment}, the provider keeps {kept}, the ledger {ledger}");
                }
            }

            if (faults.Count > 0)
            {
                faults.AddRange(_story);
            }

            await network._products.AssertBooksBalance();
            return faults;
        }

        private async Task Drain()
        {
            for (var deliveries = 0; _pending.Count > 0; deliveries++)
            {
                Assert.That(
                    deliveries, Is.LessThan(MaxDeliveries), () => $"deliveries, the last: {string.Join("; ", _story.TakeLast(20))}");
                var (to, message) = _pending[_lot.Next(_pending.Count)];
                _pending.Remove((to, message));
                if (to is not ("customer" or "shop" or "clock") && _copiesLeft > 0 && _lot.Next(3) == 0)
                {
                    _copiesLeft--;
                    _pending.Add((to, message));
                }

                // What is lost on the way to the provider, or on the way back, is the bus' to repeat.
                network._payments.Connection.IsDown = plan.BadLine && _lot.Next(4) == 0;
                network._payments.Connection.LosesResponses = plan.BadLine && _lot.Next(4) == 0;
                try
                {
                    await Deliver(to, message);
                    _story.Add($"{to} handles {message}");
                    await NothingIsHeldForACancelledOrder();
                }
                catch (Exception failure) when (failure is not (AssertionException or ArgumentException))
                {
                    _pending.Add((to, message));
                    _story.Add($"{to} fails with {message}: {failure.Message}");
                }
            }
        }

        /// <summary>An order may only be CANCELLED once stock and money are back, at every moment and not just in the end.</summary>
        private async Task NothingIsHeldForACancelledOrder()
        {
            foreach (var order in await network._orders.Read(_placed.Keys.Except(_cancelled)))
            {
                if (order.Status == "CANCELLED")
                {
                    _cancelled.Add(order.Id);
                    var (stock, payment) = (await network._products.State(order.Id), await network._payments.Status(order.Id));
                    if (stock is not ("RELEASED" or "REJECTED") || payment is not (null or "FAILED" or "REFUNDED"))
                    {
                        _faults.Add($"{order} too early: its stock is {stock}, its payment {payment}");
                    }
                }
            }
        }

        private async Task Deliver(string to, object message)
        {
            switch (to)
            {
                case "customer" when message is Placing placing:
                    await Place(placing);
                    break;
                case "customer":
                    Publish(await network._orders.Cancel(((Cancelling)message).OrderId));
                    break;
                case "shop":
                    await network._payments.CancelByShop(((Cancelling)message).OrderId);
                    PublishOf(network._payments);
                    break;
                case "clock":
                    Publish(await network._orders.LetTimePass());
                    break;
                case "Orders":
                    Publish(await network._orders.Handle(message));
                    break;
                case "Products":
                    Publish(await network._products.Handle(message));
                    break;
                case "Payments":
                    await network._payments.Handle(message);
                    PublishOf(network._payments);
                    break;
                default:
                    await network._settlement.Handle(message);
                    break;
            }
        }

        private async Task Place(Placing placing)
        {
            var lines = placing.Order.Lines
                .Select(line => new QuotedLine(placing.Products[line.Product], "Lamp", line.Quantity, UnitPrice: 1000))
                .ToList();
            var placed = await network._orders.Place(lines, placing.Order.PaymentMethod);
            _placed.Add(placed.OrderId, placing.Order);
            Publish([placed]);
            if (placing.Order.CancelledBy.HasFlag(Canceller.Customer))
            {
                _pending.Add(("customer", new Cancelling(placed.OrderId)));
            }
        }

        private void Publish(IEnumerable<object> events) =>
            _pending.AddRange(events.SelectMany(happened => Subscribers[happened.GetType()].Select(subscriber => (subscriber, happened))));

        private void PublishOf(PaymentsHarness payments)
        {
            foreach (var (order, plan) in _placed)
            {
                var published = payments.Published(order);
                var news = published.Skip(network._publishedByPayments.GetValueOrDefault(order)).ToList();
                network._publishedByPayments[order] = published.Count;
                Publish(news);
                if (plan.CancelledBy.HasFlag(Canceller.Shop) && news.OfType<PaymentCompleted>().Any())
                {
                    _pending.Add(("shop", new Cancelling(order)));
                }
            }

            while (payments.TakeWaiting() is { } command)
            {
                _pending.Add(("Payments", command));
            }
        }

        private async Task<long> Kept(long orderId)
        {
            await using var provider = new Npgsql.NpgsqlConnection(network._payments.Provider.Database);
            return await Dapper.SqlMapper.QuerySingleAsync<long>(
                provider,
                """
                SELECT coalesce(sum(amount - coalesce(
                    (SELECT sum(amount) FROM refunds WHERE charge_id = charges.id AND status = 'REFUNDED'), 0)), 0)::bigint
                FROM charges WHERE idempotency_key = @key AND status = 'CHARGED'
                """,
                new { key = $"order-{orderId}" });
        }

        private Task<long> Ledger(long orderId) => network._settlement.Database.QuerySingle<long>(
            "SELECT coalesce(sum(CASE fact WHEN 'CAPTURE' THEN amount ELSE -amount END), 0)::bigint FROM entries WHERE order_id = @orderId",
            new { orderId });
    }

    private sealed record Placing(OrderPlan Order, IReadOnlyList<long> Products);

    private sealed record Cancelling(long OrderId);

    private sealed record TimePasses;
}
