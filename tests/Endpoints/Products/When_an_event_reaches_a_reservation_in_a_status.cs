using ShopSaga.Products.Reserving;
using static ShopSaga.Tests.Endpoints.Products.Events;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>Every event about an order, in every state of its reservation, once and then again.</summary>
internal sealed class When_an_event_reaches_a_reservation_in_a_status
{
    private const string Same = "same";
    private const string Never = "never";
    private const string None = "none";
    private const int Stock = 5;

    // What leads to each state. The order asks for two of five pieces, except where it is to be rejected.
    private static readonly Dictionary<string, Func<long, long, object[]>> States = new()
    {
        [None] = (_, _) => [],
        ["RESERVED"] = (order, product) => [Placed(order, (product, 2))],
        ["REJECTED"] = (order, product) => [Placed(order, (product, Stock + 1))],
        ["COMMITTED"] = (order, product) => [Placed(order, (product, 2)), Confirmed(order)],
        ["RELEASED"] = (order, product) => [Placed(order, (product, 2)), Cancelled(order)],
    };

    // Columns: the states above. The state after it, the stock, and what is published.
    private static readonly Dictionary<string, (Func<long, long, object> Event, string[] Outcomes)> Table = new()
    {
        ["OrderPlaced"] = ((order, product) => Placed(order, (product, 2)), ["RESERVED 3, StockReserved", Same, Same, Same, Same]),
        ["OrderConfirmed"] = ((order, _) => Confirmed(order), [Never, "COMMITTED 3, StockCommitted", Never, Same, Same]),
        ["OrderCancelled"] = (
            (order, _) => Cancelled(order),
            ["RELEASED 5, StockReleased", "RELEASED 5, StockReleased", Same, "RELEASED 5, StockReleased", Same]),
        ["OrderCancelled OUT_OF_STOCK"] = (
            (order, _) => Cancelled(order, "OUT_OF_STOCK"),
            ["RELEASED 5", "RELEASED 5, StockReleased", Same, "RELEASED 5, StockReleased", Same]),
        ["OrderCancelled PAYMENT_DECLINED"] = (
            (order, _) => Cancelled(order, "PAYMENT_DECLINED"),
            ["RELEASED 5", "RELEASED 5, StockReleased", Same, "RELEASED 5, StockReleased", Same]),
        ["PaymentFailed"] = (
            (order, _) => PaymentFailed(order),
            ["RELEASED 5, StockReleased", "RELEASED 5, StockReleased", Same, Same, Same]),
    };

    private ProductsHarness _harness = null!;
    private long _lastOrder;

    public static IEnumerable<string> StateNames => States.Keys;

    public static IEnumerable<string> EventNames => Table.Keys;

    [OneTimeSetUp]
    public async Task Open() => _harness = await ProductsHarness.Open();

    [OneTimeTearDown]
    public async Task Close()
    {
        await _harness.AssertBooksBalance();
        await _harness.DisposeAsync();
    }

    [Test]
    public void Should_know_every_event_that_Products_hears_and_every_state()
    {
        var heard =
            from type in typeof(Reservations).Assembly.GetTypes()
            from contract in type.GetInterfaces()
            where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IHandleMessages<>)
            let message = contract.GetGenericArguments()[0]
            where message.Assembly != type.Assembly
            select message.Name;
        Assert.That(Table.Keys.Select(name => name.Split(' ')[0]).Distinct(), Is.EquivalentTo(heard.Distinct()));
        Assert.That(
            States.Keys.Skip(1),
            Is.EquivalentTo(Enum.GetNames<ReservationStatus>()));
        Assert.That(Table.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(States.Count));
    }

    [Test]
    public async Task Should_do_what_the_table_says_once_however_often_it_happens(
        [ValueSource(nameof(StateNames))] string state, [ValueSource(nameof(EventNames))] string happened)
    {
        var (order, product) = (++_lastOrder, await _harness.List(Stock));
        foreach (var earlier in States[state](order, product))
        {
            await _harness.Handle(earlier);
        }

        var before = await Standing();
        var (message, outcome) = (Table[happened].Event(order, product), Table[happened].Outcomes[States.Keys.ToList().IndexOf(state)]);
        if (outcome == Never)
        {
            await Assert.ThatAsync(() => _harness.Handle(message), Throws.InvalidOperationException.With.Message.Contains(happened));
            Assert.That(await Standing(), Is.EqualTo(before));
            return;
        }

        var expected = outcome == Same ? before : outcome;
        Assert.That(await Result(), Is.EqualTo(expected));
        Assert.That(await Result(), Is.EqualTo(expected.Split(',')[0]), "the second time");

        async Task<string> Standing() => $"{await _harness.State(order) ?? None} {await _harness.Stock(product)}";

        async Task<string> Result()
        {
            var published = (await _harness.Handle(message)).Select(news => news.GetType().Name).ToList();
            return string.Join(", ", published.Prepend(await Standing()));
        }
    }
}
