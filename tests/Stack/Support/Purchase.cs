using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>An order of a customer, and what becomes of it.</summary>
internal sealed class Purchase
{
    private readonly Visitor _customer;

    private Purchase(Visitor customer, long id) => (_customer, Id) = (customer, id);

    public long Id { get; }

    /// <summary>A new product, of which there are so many.</summary>
    public static async Task<long> List(int stock)
    {
        var product = await RunningSystem.Admin.Post("products", new { name = "Umbrella", category = "rain", price = 12_000, stockQuantity = stock });
        return (long)product["id"]!;
    }

    public static Task<Purchase> Place(Visitor customer, long product, string paymentMethod = "CARD", int quantity = 1) =>
        Place(customer, new { productId = product, quantity, paymentMethod });

    /// <summary>Places an order as soon as Orders knows the products.</summary>
    public static async Task<Purchase> Place(Visitor customer, object body)
    {
        var order = await Eventually.Get(
            async () =>
            {
                try
                {
                    return await customer.Post("orders", body);
                }
                catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.BadRequest)
                {
                    return null;
                }
            },
            () => $"Orders takes {body}");
        return new Purchase(customer, (long)order["id"]!);
    }

    public Task Cancel() => _customer.Post($"orders/{Id}/cancel", new { });

    public async Task<string> Outcome() => OutcomeOf(await _customer.Get($"orders/{Id}"));

    /// <summary>Waits until the order stands so.</summary>
    public async Task Becomes(string outcome)
    {
        var last = "";
        await Eventually.Get(
            async () => (last = await Outcome()) == outcome ? last : null,
            () => $"order {Id} becomes {outcome}, and is {last}");
    }

    /// <summary>Waits until the history holds these events, each once, and no other.</summary>
    public async Task HasHistory(params string[] events)
    {
        var expected = string.Join(' ', events.Order());
        var last = "";
        await Eventually.Get(
            async () => (last = string.Join(' ', (await History()).Order())) == expected ? last : null,
            () => $"the history of order {Id} is {expected}, and is {last}");
    }

    public async Task<IReadOnlyList<string>> History() =>
        [.. (await _customer.Get($"orders/{Id}/history"))["items"]!.AsArray().Select(item => (string)item!["name"]!)];

    /// <summary>The statuses of the order's payments: there is one, or none.</summary>
    public async Task<IReadOnlyList<string>> Payments() =>
        [.. (await _customer.Get($"payments?orderId={Id}"))["items"]!.AsArray().Select(payment => (string)payment!["status"]!)];

    public async Task<long> PaymentId() => (long)(await _customer.Get($"orders/{Id}"))["paymentId"]!;

    public static async Task<int> StockOf(long product) => (int)(await RunningSystem.Admin.Get($"products/{product}"))["stockQuantity"]!;

    public static string OutcomeOf(JsonNode order) => $"{order["status"]} {order["reason"]}".TrimEnd();
}
