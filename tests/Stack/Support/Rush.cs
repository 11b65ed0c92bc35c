using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Orders of every kind, placed side by side by a new customer.</summary>
internal sealed class Rush : IDisposable
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

    private readonly Visitor _customer;
    private readonly ConcurrentDictionary<long, Kind> _placed = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _product;
    private Task[] _travels = [];

    private Rush(Visitor customer) => _customer = customer;

    /// <summary>Starts placing; orders are on their way when this returns, and more are to come.</summary>
    public static async Task<Rush> Start(int orders)
    {
        var rush = new Rush(await Visitor.Register());
        rush._product = await rush.ListProduct();
        rush._travels = [.. Enumerable.Range(0, orders).Select(number => rush.Travel(Kinds[number % Kinds.Length]))];
        return rush;
    }

    /// <summary>Further orders, each asked for once: all must be taken.</summary>
    public async Task<IReadOnlyList<JsonNode>> PlaceAtOnce(int orders)
    {
        var kinds = Kinds.Where(kind => kind.CancelWhen is null).ToList();
        return await Task.WhenAll(Enumerable.Range(0, orders).Select(number => PlaceOnce(kinds[number % kinds.Count])));
    }

    public void Dispose() => _customer.Dispose();

    /// <summary>Some orders have ended, and others have not: now is the time to break something.</summary>
    public async Task IsInFullSwing()
    {
        var orders = await Eventually.Get(
            async () =>
            {
                var all = await Orders();
                return all.Count(IsFinal) >= 3 ? all : null;
            },
            () => $"3 of {_placed.Count} orders are final");
        var final = orders.Count(IsFinal);
        await TestContext.Out.WriteLineAsync($"{Elapsed}: {final} of {_travels.Length} orders are final.");
        Assert.That(final, Is.LessThan(_travels.Length), "others are under way");
    }

    /// <summary>Waits until every order has ended, and sees whether it ended as its kind does.</summary>
    public async Task IsOver()
    {
        await Task.WhenAll(_travels);
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
                () => string.Join(", ", orders.Where(order => !IsFinal(order)).Select(order => $"{_placed.GetValueOrDefault(Id(order))} {order}")));
        }
        catch (TimeoutException)
        {
            // What is under way, and where, says what it waits for.
            await TheBooks.Balance();
            throw;
        }


        var outcomes = orders.CountBy(Outcome).Select(outcome => $"{outcome.Value} {outcome.Key}").Order();
        await TestContext.Out.WriteLineAsync($"{Elapsed}: all {orders.Count} orders are final: {string.Join(", ", outcomes)}.");

        // An order whose answer was lost is one that the customer knows nothing of; it has ended too.
        var known = orders.Where(order => _placed.ContainsKey(Id(order)));
        Assert.That(
            known.Select(order => $"{Id(order)} {_placed[Id(order)].PaymentMethod}: {Outcome(order)}"),
            Is.EquivalentTo(_placed.Select(order => $"{order.Key} {order.Value.PaymentMethod}: {order.Value.Outcome}")));
    }

    private string Elapsed => $"{_clock.Elapsed.TotalSeconds,5:0.0} s";

    private async Task<JsonNode> PlaceOnce(Kind kind)
    {
        var order = await _customer.PostOnce("orders", Body(kind));
        _placed[Id(order)] = kind;
        return order;
    }

    private async Task Travel(Kind kind)
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
        catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.Conflict)
        {
            // An attempt before this one was taken, and its answer lost.
        }
    }

    private async Task<long> ListProduct()
    {
        var listed = new { name = "Umbrella", category = "rush", price = 12_000, stockQuantity = Stock - 1 };
        var id = Id(await RunningSystem.Admin.Post("products", listed));

        // The price reaches Orders by an event; an order that is out of stock shows that it is there.
        await Eventually.Get(
            async () =>
            {
                try
                {
                    return await _customer.Post("orders", new { productId = id, quantity = Stock, paymentMethod = "CARD" });
                }
                catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.BadRequest)
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

    private static string Outcome(JsonNode order) => $"{Status(order)} {order["reason"]?.GetValue<string>()}".TrimEnd();

    private sealed record Kind(string PaymentMethod, string Outcome)
    {
        public int Quantity { get; init; } = 1;

        public string? CancelWhen { get; init; }
    }
}
