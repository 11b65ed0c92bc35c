using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ShopSaga.Local.Running;
using Spectre.Console;

namespace ShopSaga.Local.Demonstration;

/// <summary>Places orders that succeed and fail, and shows the events that each caused.</summary>
internal sealed class GuidedTour(LocalStack stack, StackOptions options, IAnsiConsole console) : IDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly ShopClient _admin = new(stack.GatewayAddress);
    private readonly ShopClient _customer = new(stack.GatewayAddress);

    public async Task Run(CancellationToken cancellationToken)
    {
        await OpenTheShop(cancellationToken);
        var keyboard = await List("Keyboard", 89_000, 100, cancellationToken);
        var lamp = await List("Lamp", 25_000, 1, cancellationToken);

        Title("1  Success: reserved, paid, confirmed, committed");
        await Follow(await Order(keyboard, 2, "CARD", cancellationToken), cancellationToken);

        Title("2  Out of stock: nothing is reserved, nothing is charged");
        await Follow(await Order(lamp, 5, "CARD", cancellationToken), cancellationToken);

        Title("3  The card is declined: the stock is released");
        await Follow(await Order(keyboard, 1, "CARD_DECLINED", cancellationToken), cancellationToken);

        Title("4  The provider charges but its response is lost: Payments asks until it knows the outcome, and never charges twice");
        await Follow(await Order(keyboard, 1, "CARD_TIMEOUT_CHARGED", cancellationToken), cancellationToken);

        Title("5  Cancelled by the customer after confirmation: refund and release in parallel");
        var cancelled = await Order(keyboard, 3, "KAKAO_PAY", cancellationToken);
        await Until(cancelled, status => status == "CONFIRMED", cancellationToken);
        await _customer.Post($"orders/{cancelled}/cancel", new { }, cancellationToken);
        await Follow(cancelled, cancellationToken);

        Title("6  Payments is killed (SIGKILL) before the order is paid, and restarted");
        await stack.Kill("Payments");
        var interrupted = await Order(keyboard, 1, "CARD_FLAKY", cancellationToken);
        await stack.Start("Payments", cancellationToken);
        await Follow(interrupted, cancellationToken);
    }

    public void Dispose()
    {
        _admin.Dispose();
        _customer.Dispose();
    }

    private async Task OpenTheShop(CancellationToken cancellationToken)
    {
        await _admin.LogIn(options.AdminEmail, options.AdminPassword, cancellationToken);
        var customerAccount = new
        {
            email = $"demo-{stack.Ports.Base}-{Stopwatch.GetTimestamp()}@example.com",
            password = "correct horse",
            name = "Demo",
        };
        await _customer.Post("users", customerAccount, cancellationToken);
        await _customer.LogIn(customerAccount.email, customerAccount.password, cancellationToken);
    }

    private async Task<long> List(string name, int price, int stockQuantity, CancellationToken cancellationToken)
    {
        var product = await _admin.Post("products", new { name, category = "demo", price, stockQuantity }, cancellationToken);
        var id = product["id"]!.GetValue<long>();
        console.MarkupLine($"Listed [bold]{name}[/] as product {id}: {price:N0} won, {stockQuantity} in stock.");
        return id;
    }

    private async Task<long> Order(long productId, int quantity, string paymentMethod, CancellationToken cancellationToken)
    {
        // Orders learns the price from an event; until then it rejects the product as unknown.
        var order = await Eventually(
            async () =>
            {
                try
                {
                    return await _customer.Post("orders", new { productId, quantity, paymentMethod }, cancellationToken);
                }
                catch (HttpRequestException rejected) when (rejected.StatusCode == HttpStatusCode.BadRequest)
                {
                    return null;
                }
            },
            $"Orders does not know product {productId}",
            cancellationToken);
        var id = order["id"]!.GetValue<long>();
        console.MarkupLine(
            $"Order {id}: {quantity} × product {productId}, {order["totalAmount"]!.GetValue<long>():N0} won, {paymentMethod}");
        return id;
    }

    private async Task Follow(long order, CancellationToken cancellationToken)
    {
        var final = await Until(order, status => status is "CONFIRMED" or "CANCELLED", cancellationToken);

        // StockCommitted arrives after the order is confirmed.
        var history = await Eventually(
            async () =>
            {
                var items = (await _customer.Get($"orders/{order}/history", cancellationToken))["items"]!.AsArray();
                return final == "CANCELLED" || items.Any(item => Name(item) == "StockCommitted") ? items : null;
            },
            $"order {order} is confirmed but its stock is not committed",
            cancellationToken);

        var start = At(history[0]!);
        foreach (var item in history)
        {
            var elapsed = (At(item!) - start).TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture);
            console.MarkupLine($"  [grey]{elapsed,8} ms[/]  {Name(item),-17} [grey]{item!["source"]}[/]");
        }

        console.MarkupLine($"  [bold]{final}[/]");
    }

    private async Task<string> Until(long order, Func<string, bool> reached, CancellationToken cancellationToken) => await Eventually(
        async () =>
        {
            var status = (await _customer.Get($"orders/{order}", cancellationToken))["status"]!.GetValue<string>();
            return reached(status) ? status : null;
        },
        $"order {order} is not final",
        cancellationToken);

    private static async Task<T> Eventually<T>(Func<Task<T?>> ask, string failure, CancellationToken cancellationToken)
        where T : class
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeLimit)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            await Task.Delay(Pause, cancellationToken);
        }

        throw new TimeoutException($"After {TimeLimit.TotalSeconds} s {failure}.");
    }

    private void Title(string text)
    {
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(text)}[/]");
    }

    private static string Name(JsonNode? item) => item!["name"]!.GetValue<string>();

    private static DateTimeOffset At(JsonNode item) => item["at"]!.GetValue<DateTimeOffset>();
}
