using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation.Interleaving;

/// <summary>
/// A short history in which the seed decides whose next statement runs: an order, its cancellation, a reader, and three receivers of
/// messages. In half of the histories the order is cancelled before its first message is received; in another half it is for two products,
/// and a second customer orders the same.
/// </summary>
internal static class Interleaved
{
    private const int ExpectedSteps = 120;
    private const int ExpectedStepsOfOneService = 60;
    private static readonly string[] Order = ["PENDING", "CONFIRMED", "CANCELLING", "CANCELLED"];

    /// <param name="shop">The shop.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="serviceOfInterest">The service whose statements are interleaved; null for all.</param>
    public static async Task<Outcome> Play(SimulatedShop shop, int seed, string? serviceOfInterest = null)
    {
        await shop.Begin(seed);
        (shop.Broker.Duplicates, shop.Broker.Crashes, shop.Line.Random, shop.Line.Faults) = (0, 0, null, 0);
        var isCancelledFirst = seed % 2 == 0;
        var customers = seed % 4 < 2 ? 1 : 2;
        long[] products = customers == 1 ? [1] : [1, 2];
        foreach (var _ in products)
        {
            await Ask(shop, shop.Products, HttpMethod.Post, "/products", TestTokens.Admin(), """
                {"name":"Lamp","category":"Light","price":1000,"stockQuantity":5}
                """);
        }

        await Deliver(shop);

        var broken = new List<string>();
        var expectedSteps = customers * (serviceOfInterest is null ? ExpectedSteps : ExpectedStepsOfOneService);
        await using (var scheduler = await Scheduler.Create(shop, seed, expectedSteps, serviceOfInterest))
        {
            var customer = TestTokens.Customer(1);
            var order = await PlaceOrder(shop, customer, products);
            if (customers > 1)
            {
                await PlaceOrder(shop, TestTokens.Customer(2), products);
            }

            if (isCancelledFirst)
            {
                await Cancel();
            }

            await scheduler.Run(
                ("customer", _ => isCancelledFirst ? Task.CompletedTask : Cancel()),
                ("reader", _ => ReadOrder(shop, order, customer, broken)),
                ("first receiver", actor => Receive(shop, scheduler, actor)),
                ("second receiver", actor => Receive(shop, scheduler, actor)),
                ("third receiver", actor => Receive(shop, scheduler, actor)));
            broken.AddRange(scheduler.Deadlocks);

            Task Cancel() => Ask(shop, shop.Orders, HttpMethod.Post, $"/orders/{order}/cancel", customer);
        }

        await Deliver(shop);
        while (shop.Broker.NextDue is { } due)
        {
            shop.Clock.Now = due;
            await Deliver(shop);
        }

        broken.AddRange(await Books.Check(shop));
        return new Outcome(
            seed, shop.Story.Steps, customers, broken, shop.Story.ToString(), shop.Story.Fingerprint, Actions: 0, Without.Nothing);
    }

    /// <summary>Plays histories until something that counts is broken; null when none of so many breaks it.</summary>
    public static async Task<(Outcome Outcome, string Broken)?> FirstFailure(
        SimulatedShop shop, int first, int histories, Func<string, bool> counts, string? serviceOfInterest = null)
    {
        for (var seed = first; seed < first + histories; seed++)
        {
            var outcome = await Play(shop, seed, serviceOfInterest);
            if (outcome.Broken.FirstOrDefault(counts) is { } broken)
            {
                return (outcome, broken);
            }
        }

        return null;
    }

    private static async Task Receive(SimulatedShop shop, Scheduler scheduler, Actor actor)
    {
        while (!scheduler.IsOver)
        {
            actor.Stop();
            if (await shop.Broker.DeliverNext())
            {
                scheduler.Progress();
            }
            else
            {
                scheduler.Idle(actor);
            }
        }
    }

    private static async Task<long> PlaceOrder(SimulatedShop shop, string customer, long[] products)
    {
        var lines = string.Join(",", products.Select(product => $$"""{"productId":{{product}},"quantity":1}"""));
        var (_, body) = await Ask(
            shop, shop.Orders, HttpMethod.Post, "/orders", customer, $$"""{"lines":[{{lines}}],"paymentMethod":"CARD"}""");
        return body!["id"]!.GetValue<long>();
    }

    /// <summary>Reads the order a few times: it never goes back.</summary>
    private static async Task ReadOrder(SimulatedShop shop, long order, string customer, List<string> broken)
    {
        var last = 0;
        for (var read = 0; read < 3; read++)
        {
            var (_, body) = await Ask(shop, shop.Orders, HttpMethod.Get, $"/orders/{order}", customer);
            var status = Array.IndexOf(Order, body?["status"]?.GetValue<string>() ?? "");
            if (status < last)
            {
                broken.Add(string.Create(CultureInfo.InvariantCulture, $"a reader saw order {order} go back from {Order[last]}: {body}"));
                return;
            }

            last = status;
        }
    }

    private static async Task<(int Status, JsonNode? Body)> Ask(
        SimulatedShop shop, ISimulatedService service, HttpMethod method, string path, string token, string? json = null)
    {
        shop.Story.Step($"{method} {path}");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            request.Headers.Add("Idempotency-Key", "the-only-one");
        }

        var answer = await service.Send(request, token);
        await shop.Broker.WaitUntilSent();
        shop.Story.Add($"→ {answer.Status}");
        return answer;
    }

    private static async Task Deliver(SimulatedShop shop)
    {
        while (await shop.Broker.DeliverNext())
        {
        }
    }
}
