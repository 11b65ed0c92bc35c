using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>A new customer's orders of every kind, placed concurrently.</summary>
internal sealed class OrderLoad : IDisposable
{
    private const int Stock = 1_000;

    private static readonly Kind[] Kinds =
    [
        new("CARD", "CONFIRMED"),
        new("CARD", "CANCELLED OUT_OF_STOCK") { Quantity = Stock },
        new("CARD_DECLINED", "CANCELLED PAYMENT_DECLINED"),
        new("CARD_FLAKY", "CONFIRMED"),
        new("CARD", "CANCELLED CUSTOMER") { CancelWhen = "CONFIRMED" },
        new("CARD_TIMEOUT_CHARGED", "CONFIRMED"),
        new("CARD_SLOW", "CANCELLED CUSTOMER") { CancelWhen = "PENDING" },
        new("KAKAO_PAY", "CONFIRMED"),
        new("CARD_TIMEOUT_LOST", "CANCELLED PAYMENT_DECLINED"),
        new("CARD_REFUND_FLAKY", "CANCELLED CUSTOMER") { CancelWhen = "CONFIRMED" },
    ];

    private readonly CustomerClient _customer;
    private readonly ConcurrentDictionary<long, Kind> _placed = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _product;
    private Task[] _placing = [];

    private OrderLoad(CustomerClient customer) => _customer = customer;

    /// <summary>Starts placing orders.</summary>
    public static async Task<OrderLoad> Start(int orders)
    {
        var load = new OrderLoad(await CustomerClient.Register());
        load._product = await load.ListProduct();
        load._placing = [.. Enumerable.Range(0, orders).Select(number => load.Place(Kinds[number % Kinds.Length]))];
        return load;
    }

    /// <summary>Places further orders, one attempt each: all must be accepted.</summary>
    public async Task<IReadOnlyList<JsonNode>> PlaceAtOnce(int orders)
    {
        var kinds = Kinds.Where(kind => kind.CancelWhen is null).ToList();
        return await Task.WhenAll(Enumerable.Range(0, orders).Select(number => PlaceOnce(kinds[number % kinds.Count])));
    }

    public void Dispose() => _customer.Dispose();

    /// <summary>Waits until some orders are final and others are not: the time to break something.</summary>
    public async Task WaitUntilUnderWay()
    {
        var orders = await Eventually.Get(
            async () =>
            {
                var all = await Orders();
                return all.Count(IsFinal) >= 3 ? all : null;
            },
            () => $"3 of {_placed.Count} orders are final");
        var final = orders.Count(IsFinal);
        await TestContext.Out.WriteLineAsync($"{Elapsed}: {final} of {_placing.Length} orders are final.");
        Assert.That(final, Is.LessThan(_placing.Length), "others are under way");
    }

    /// <summary>Waits until every order is final, and asserts that each ended as its kind does.</summary>
    public async Task WaitUntilFinal()
    {
        await Task.WhenAll(_placing);
        await TestContext.Out.WriteLineAsync($"{Elapsed}: all {_placed.Count} orders are placed, and cancelled where they are to be.");
        IReadOnlyList<JsonNode> orders = [];
        try
        {
            await Eventually.Get(
                async () =>
                {
                    orders = await Orders();
                    return orders.All(IsFinal) ? orders : null;
                },
                () =>
                    string.Join(", ", orders.Where(
                        order => !IsFinal(order)).Select(order => $"{_placed.GetValueOrDefault(Id(order))} {order}")));
        }
        catch (TimeoutException)
        {
            // What is in flight tells what the orders wait for.
            await SystemInvariants.ShouldHold();
            throw;
        }

        var outcomes = orders.CountBy(StatusAndReason).Select(outcome => $"{outcome.Value} {outcome.Key}").Order();
        await TestContext.Out.WriteLineAsync($"{Elapsed}: all {orders.Count} orders are final: {string.Join(", ", outcomes)}.");

        // The customer does not know orders whose response was lost; they are final, too.
        var known = orders.Where(order => _placed.ContainsKey(Id(order)));
        Assert.That(
            known.Select(order => $"{Id(order)} {_placed[Id(order)].PaymentMethod}: {StatusAndReason(order)}"),
            Is.EquivalentTo(_placed.Select(order => $"{order.Key} {order.Value.PaymentMethod}: {order.Value.Outcome}")));
    }

    private string Elapsed => $"{_clock.Elapsed.TotalSeconds,5:0.0} s";

    private async Task<JsonNode> PlaceOnce(Kind kind)
    {
        var order = await _customer.PostOnce("orders", Body(kind));
        _placed[Id(order)] = kind;
        return order;
    }

    private async Task Place(Kind kind)
    {
        var id = Id(await _customer.Post("orders", Body(kind)));
        _placed[id] = kind;
        if (kind.CancelWhen is null)
        {
            return;
        }

        if (kind.CancelWhen != "PENDING")
        {
            await Eventually.Get(
                async () => await _customer.Get($"orders/{id}") is var now && Status(now) == kind.CancelWhen ? now : null,
                () => $"order {id} is {kind.CancelWhen}");
        }

        await Cancel(id);
    }

    private async Task Cancel(long id)
    {
        try
        {
            await _customer.Post($"orders/{id}/cancel", new { });
        }
        catch (HttpRequestException rejected) when (rejected.StatusCode == HttpStatusCode.Conflict)
        {
            // An earlier attempt was accepted, and its response lost.
        }
    }

    private async Task<long> ListProduct()
    {
        var listed = new { name = "Umbrella", category = "load", price = 12_000, stockQuantity = Stock - 1 };
        var id = Id(await RunningSystem.Admin.Post("products", listed));

        // Orders learns the price from an event. An order that is out of stock shows that it has.
        await Eventually.Get(
            async () =>
            {
                try
                {
                    return await _customer.Post("orders", new { productId = id, quantity = Stock, paymentMethod = "CARD" });
                }
                catch (HttpRequestException rejected) when (rejected.StatusCode == HttpStatusCode.BadRequest)
                {
                    return null;
                }
            },
            () => $"Orders knows product {id}");
        return id;
    }

    private async Task<IReadOnlyList<JsonNode>> Orders() =>
        [.. (await _customer.Get("orders?limit=100"))["items"]!.AsArray().Select(order => order!)];

    private object Body(Kind kind) => new { productId = _product, kind.Quantity, kind.PaymentMethod };

    private static bool IsFinal(JsonNode order) => Status(order) is "CONFIRMED" or "CANCELLED";

    private static long Id(JsonNode thing) => thing["id"]!.GetValue<long>();

    private static string Status(JsonNode order) => order["status"]!.GetValue<string>();

    private static string StatusAndReason(JsonNode order) => $"{Status(order)} {order["reason"]?.GetValue<string>()}".TrimEnd();

    private sealed record Kind(string PaymentMethod, string Outcome)
    {
        public int Quantity { get; init; } = 1;

        public string? CancelWhen { get; init; }
    }
}
