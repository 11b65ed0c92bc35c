using ShopSaga.Orders.Lifecycle;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>Every trigger in every status, twice: through the handler and the request, on a real database.</summary>
internal sealed class When_something_happens_to_an_order_in_a_status
{
    private const string Same = "same";
    private const string Never = "never";

    private static readonly (string Name, Func<OrderUnderTest, Task> Reach)[] Statuses =
    [
        ("PENDING", _ => Task.CompletedTask),
        ("CONFIRMED", order => order.PaymentCompleted()),
        ("CANCELLING", order => order.Cancel()),
        ("CANCELLING, the stock is back", async order =>
        {
            await order.Cancel();
            await order.StockReleased();
        }),
        ("CANCELLING, the money is back", async order =>
        {
            await order.Cancel();
            await order.PaymentFailed();
        }),
        ("CANCELLED", async order =>
        {
            await order.Cancel();
            await order.StockReleased();
            await order.PaymentFailed();
        }),
    ];

    // Columns: the statuses above. What becomes of the order, and what is published with it.
    private static readonly Dictionary<string, (Func<OrderUnderTest, Task> Happen, string[] Outcomes)> Table = new()
    {
        [nameof(WatchOrder)] = (order => order.Watch(), [Same, Same, Same, Same, Same, Same]),
        ["StockReserved"] = (order => order.StockReserved(), [Same, Same, Same, Same, Same, Same]),
        ["StockRejected"] = (
            order => order.StockRejected(),
            ["CANCELLED OUT_OF_STOCK, OrderCancelled", Never, "CANCELLED CUSTOMER", "CANCELLED CUSTOMER", "CANCELLED CUSTOMER", Same]),
        ["StockReleased"] = (order => order.StockReleased(), [Same, Same, Same, Same, "CANCELLED CUSTOMER", Same]),
        ["StockCommitted"] = (order => order.StockCommitted(), [Same, Same, Same, Same, Same, Same]),
        ["PaymentCompleted"] = (order => order.PaymentCompleted(), ["CONFIRMED, OrderConfirmed", Same, Same, Same, Same, Same]),
        ["PaymentFailed"] = (
            order => order.PaymentFailed(), ["CANCELLING PAYMENT_DECLINED, OrderCancelled", Same, Same, "CANCELLED CUSTOMER", Same, Same]),
        ["PaymentRefunded"] = (
            order => order.PaymentRefunded(),
            ["CANCELLING SHOP, OrderCancelled", "CANCELLING SHOP, OrderCancelled", Same, "CANCELLED CUSTOMER", Same, Same]),
        ["expiry"] = (
            order => order.Expire(),
            ["CANCELLING EXPIRED, OrderCancelled", Same, Same, Same, Same, Same]),
        [nameof(OrderUnderTest.Cancel)] = (
            order => order.Cancel(),
            ["CANCELLING CUSTOMER, OrderCancelled", "CANCELLING CUSTOMER, OrderCancelled", Same, Same, Same, Same]),
    };

    private TestDatabase _database = null!;

    public static IEnumerable<string> Happenings => Table.Keys;

    public static IEnumerable<string> StatusNames => Statuses.Select(status => status.Name);

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.Create(typeof(OrderLifecycle).Assembly);

    [OneTimeTearDown]
    public ValueTask Stop() => _database.DisposeAsync();

    [Test]
    public void Should_know_every_message_that_is_handled_and_every_status()
    {
        var handled = typeof(MoveOrderHandler).GetInterfaces()
            .Where(contract => contract.IsGenericType)
            .Select(contract => contract.GetGenericArguments()[0].Name);
        Assert.That(Table.Keys, Is.EquivalentTo([.. handled, "expiry", nameof(OrderUnderTest.Cancel)]));
        Assert.That(StatusNames.Select(name => name.Split(',')[0]).Distinct(), Is.EqualTo(Enum.GetNames<OrderStatus>()));
        Assert.That(Table.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(Statuses.Length));
    }

    [Test]
    public async Task Should_do_what_the_table_says_once_however_often_it_happens(
        [ValueSource(nameof(StatusNames))] string status, [ValueSource(nameof(Happenings))] string happening)
    {
        var column = Array.FindIndex(Statuses, known => known.Name == status);
        var (happen, outcomes) = Table[happening];
        var order = await OrderUnderTest.Place(_database);
        await Statuses[column].Reach(order);
        var before = await order.Status();

        if (outcomes[column] == Never)
        {
            await Assert.ThatAsync(() => happen(order), Throws.InvalidOperationException.With.Message.Contains(happening));
            Assert.That(await order.Status(), Is.EqualTo(before));
            return;
        }

        var expected = outcomes[column] == Same ? before : outcomes[column];
        Assert.That(await Result(order, happen), Is.EqualTo(expected));
        Assert.That(await Result(order, happen), Is.EqualTo(expected.Split(',')[0]), "the second time");
    }

    /// <summary>Where the order stands when it has happened, and what was published by it.</summary>
    private static async Task<string> Result(OrderUnderTest order, Func<OrderUnderTest, Task> happen)
    {
        var before = order.Published.Count;
        await happen(order);
        var published = order.Published.Skip(before).Select(message => message.GetType().Name);
        return string.Join(", ", published.Prepend(await order.Status()));
    }
}
