using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation.Interleaving;

/// <summary>
/// A short history in which the seed decides whose next statement runs: an order, its cancellation, a reader, and three receivers of
/// messages. In half of the histories the order is cancelled before its first message is received.
/// </summary>
internal static class Interleaved
{
    private const int ExpectedSteps = 120;
    private const int ExpectedStepsOfOneService = 60;
    private static readonly string[] Order = ["PENDING", "CONFIRMED", "CANCELLING", "CANCELLED"];

    /// <param name="world">The shop.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="serviceOfInterest">The service whose statements are interleaved; null for all.</param>
    public static async Task<Outcome> Play(World world, int seed, string? serviceOfInterest = null)
    {
        await world.Begin(seed);
        (world.Broker.Duplicates, world.Broker.Crashes, world.Line.Random, world.Line.Faults) = (0, 0, null, 0);
        await Ask(world, world.Products, HttpMethod.Post, "/products", TestTokens.Admin(), """
            {"name":"Lamp","category":"Light","price":1000,"stockQuantity":5}
            """);
        await Deliver(world);

        var broken = new List<string>();
        var expectedSteps = serviceOfInterest is null ? ExpectedSteps : ExpectedStepsOfOneService;
        await using (var scheduler = await Scheduler.Create(world, seed, expectedSteps, serviceOfInterest))
        {
            var customer = TestTokens.Customer(1);
            var order = await PlaceOrder(world, customer);
            var isCancelledFirst = seed % 2 == 0;
            if (isCancelledFirst)
            {
                await Cancel();
            }

            await scheduler.Run(
                ("customer", _ => isCancelledFirst ? Task.CompletedTask : Cancel()),
                ("reader", _ => ReadOrder(world, order, customer, broken)),
                ("first receiver", actor => Receive(world, scheduler, actor)),
                ("second receiver", actor => Receive(world, scheduler, actor)),
                ("third receiver", actor => Receive(world, scheduler, actor)));

            Task Cancel() => Ask(world, world.Orders, HttpMethod.Post, $"/orders/{order}/cancel", customer);
        }

        await Deliver(world);
        while (world.Broker.NextDue is { } due)
        {
            world.Clock.Now = due;
            await Deliver(world);
        }

        broken.AddRange(await Books.Check(world));
        return new Outcome(
            seed, world.Story.Steps, Orders: 1, broken, world.Story.ToString(), world.Story.Fingerprint, Cards: 0, Without.Nothing);
    }

    /// <summary>Plays histories until something that counts is broken; null when none of so many breaks it.</summary>
    public static async Task<(Outcome Outcome, string Broken)?> FirstFailure(
        World world, int first, int histories, Func<string, bool> counts, string? serviceOfInterest = null)
    {
        for (var seed = first; seed < first + histories; seed++)
        {
            var outcome = await Play(world, seed, serviceOfInterest);
            if (outcome.Broken.FirstOrDefault(counts) is { } broken)
            {
                return (outcome, broken);
            }
        }

        return null;
    }

    private static async Task Receive(World world, Scheduler scheduler, Actor actor)
    {
        while (!scheduler.IsOver)
        {
            actor.Stop();
            if (await world.Broker.DeliverNext())
            {
                scheduler.Progress();
            }
            else
            {
                scheduler.Idle(actor);
            }
        }
    }

    private static async Task<long> PlaceOrder(World world, string customer)
    {
        var (_, body) = await Ask(world, world.Orders, HttpMethod.Post, "/orders", customer, """
            {"lines":[{"productId":1,"quantity":1}],"paymentMethod":"CARD"}
            """);
        return body!["id"]!.GetValue<long>();
    }

    /// <summary>Reads the order a few times: it never goes back.</summary>
    private static async Task ReadOrder(World world, long order, string customer, List<string> broken)
    {
        var last = 0;
        for (var read = 0; read < 3; read++)
        {
            var (_, body) = await Ask(world, world.Orders, HttpMethod.Get, $"/orders/{order}", customer);
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
        World world, ISimulatedService service, HttpMethod method, string path, string token, string? json = null)
    {
        world.Story.Step($"{method} {path}");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            request.Headers.Add("Idempotency-Key", "the-only-one");
        }

        var answer = await service.Send(request, token);
        await world.Broker.WaitUntilSent();
        world.Story.Add($"→ {answer.Status}");
        return answer;
    }

    private static async Task Deliver(World world)
    {
        while (await world.Broker.DeliverNext())
        {
        }
    }
}
