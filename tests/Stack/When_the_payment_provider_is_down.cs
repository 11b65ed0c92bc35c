using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

[NonParallelizable]
public class When_the_payment_provider_is_down
{
    [Test]
    public async Task Should_end_orders_without_it_and_take_money_again_and_hear_its_webhooks_once_it_is_back()
    {
        using var customer = await CustomerClient.Register();
        var product = await RunningSystem.Admin.Post(
            "products", new { name = "Kite", category = "away", price = 30_000, stockQuantity = 10 });
        var before = await Order(customer, product);
        Assert.That((string?)(await Final(customer, before))["status"], Is.EqualTo("CONFIRMED"));

        await RunningSystem.Stack.Kill("psp");
        JsonNode without;
        try
        {
            var clock = Stopwatch.StartNew();
            without = await Final(customer, await Order(customer, product));
            await TestContext.Out.WriteLineAsync($"Without the provider an order is final after {clock.Elapsed.TotalSeconds:0.0} s.");
        }
        finally
        {
            await RunningSystem.Stack.Start("psp");
        }

        Assert.That($"{without["status"]} {without["reason"]}", Is.EqualTo("CANCELLED PAYMENT_DECLINED"));
        var payment = (await customer.Get($"payments?orderId={without["id"]}"))["items"]!.AsArray().Single()!;
        Assert.That((string?)payment["status"], Is.EqualTo("FAILED"));

        Assert.That((string?)(await Final(customer, await Order(customer, product)))["status"], Is.EqualTo("CONFIRMED"));
        await EveryWebhookArrives();
        await SystemInvariants.ShouldHold();
    }

    private static Task<JsonNode> Order(CustomerClient customer, JsonNode product) => Eventually.Get(
        async () =>
        {
            try
            {
                return await customer.Post("orders", new { productId = (long)product["id"]!, quantity = 1, paymentMethod = "CARD" });
            }
            catch (HttpRequestException unknown) when (unknown.StatusCode == System.Net.HttpStatusCode.BadRequest)
            {
                return null;
            }
        },
        () => $"Orders knows product {product["id"]}");

    private static Task<JsonNode> Final(CustomerClient customer, JsonNode order) => Eventually.Get(
        async () =>
            await customer.Get($"orders/{order["id"]}") is var now && (string?)now["status"] is "CONFIRMED" or "CANCELLED" ? now : null,
        () => $"order {order["id"]} is final");

    private static async Task EveryWebhookArrives()
    {
        await using var books = new NpgsqlConnection(RunningSystem.Stack.ConnectionString("psp"));
        var left = 0L;
        await Eventually.Get(
            async () =>
            {
                left = await books.QuerySingleAsync<long>("SELECT count(*) FROM webhooks WHERE delivered_at IS NULL");
                return left == 0 ? "all" : null;
            },
            () => $"{left} webhooks have not arrived");
    }
}
