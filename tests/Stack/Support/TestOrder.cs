using System.Net;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>An order placed through the gateway.</summary>
internal sealed class TestOrder
{
    private readonly CustomerClient _customer;

    private TestOrder(CustomerClient customer, long id) => (_customer, Id) = (customer, id);

    public long Id { get; }

    /// <summary>Lists a new product with this stock.</summary>
    public static async Task<long> ListProduct(int stock)
    {
        var product = await RunningSystem.Admin.Post(
            "products", new { name = "Umbrella", category = "rain", price = 12_000, stockQuantity = stock });
        return (long)product["id"]!;
    }

    public static Task<TestOrder> Place(CustomerClient customer, long product, string paymentMethod = "CARD", int quantity = 1) =>
        Place(customer, new { productId = product, quantity, paymentMethod });

    /// <summary>Places an order as soon as Orders knows the products.</summary>
    public static async Task<TestOrder> Place(CustomerClient customer, object body)
    {
        var order = await Eventually.Get(
            async () =>
            {
                try
                {
                    return await customer.Post("orders", body);
                }
                catch (HttpRequestException rejected) when (rejected.StatusCode == HttpStatusCode.BadRequest)
                {
                    return null;
                }
            },
            () => $"Orders accepts {body}");
        return new TestOrder(customer, (long)order["id"]!);
    }

    public Task Cancel() => _customer.Post($"orders/{Id}/cancel", new { });

    public async Task<string> Status() => StatusOf(await _customer.Get($"orders/{Id}"));

    /// <summary>Waits until the order has this status and reason.</summary>
    public async Task WaitForStatus(string status)
    {
        var last = "";
        await Eventually.Get(
            async () => (last = await Status()) == status ? last : null,
            () => $"order {Id} becomes {status}, and is {last}");
    }

    /// <summary>Waits until the history contains exactly these events, in any order.</summary>
    public async Task WaitForHistory(params string[] events)
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

    public static string StatusOf(JsonNode order) => $"{order["status"]} {order["reason"]}".TrimEnd();
}
