using System.Net.Sockets;
using System.Text;

namespace ShopSaga.Fuzz.Aborts;

/// <summary>The size of a campaign of aborted requests.</summary>
/// <param name="Seed">Determines all requests.</param>
/// <param name="Requests">The number of requests.</param>
internal sealed record AbortPlan(int Seed, int Requests);

/// <summary>
/// Sends valid requests and resets their connections at every stage: while the head or body is sent, while the service works, while the
/// response comes. The oracle: afterwards no service keeps a connection to its database, every service is ready, and every route works.
/// </summary>
internal sealed class AbortCampaign(Target target, AbortPlan plan, Action<string> progress)
{
    private const int AtOnce = 16;
    private const int Batch = 400;

    /// <summary>More than the connections of a pool.</summary>
    private const int Probes = 60;

    private static readonly int[] DelaysInMilliseconds = [0, 0, 1, 1, 2, 3, 5, 8, 12, 16, 20, 25, 30, 35, 40, 50, 70, 100, 200];
    private readonly List<string> _violations = [];

    /// <summary>The stages at which requests were aborted.</summary>
    public SortedDictionary<string, int> Stages { get; } = [];

    /// <summary>Aborts all requests, or only the one with this number, and returns the violations.</summary>
    public async Task<IReadOnlyList<string>> Run(int? only, CancellationToken cancellationToken)
    {
        using var world = await World.Create(target, cancellationToken);
        using var services = new RunningServices(target);
        var processes = services.Processes();
        var generator = new RequestGenerator(world, plan.Seed);
        int[] numbers = only is { } one ? [one] : [.. Enumerable.Range(0, plan.Requests)];
        foreach (var batch in numbers.Chunk(Batch))
        {
            await world.Renew(cancellationToken);
            await Parallel.ForEachAsync(
                batch,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (number, token) =>
                {
                    var stage = await Abort(generator, services, number, token);
                    lock (Stages)
                    {
                        Stages[stage] = Stages.GetValueOrDefault(stage) + 1;
                    }
                });
            progress($"{Math.Min(batch[^1] + 1, plan.Requests)} of {plan.Requests} requests are aborted");
        }

        _violations.AddRange(await services.WaitForConnections(cancellationToken));
        _violations.AddRange(await services.WaitUntilReady(cancellationToken));
        var now = services.Processes();
        _violations.AddRange(
            processes.Where(process => now.GetValueOrDefault(process.Key) != process.Value).Select(process => $"{process.Key} has died."));
        await world.Renew(cancellationToken);
        await Probe(generator, cancellationToken);
        return _violations;
    }

    private async Task<string> Abort(RequestGenerator generator, RunningServices services, int number, CancellationToken cancellationToken)
    {
        var random = new Random(RequestGenerator.Mixed(plan.Seed, number));
        var request = generator.Valid("aborted", RouteOf(random), random);
        if (request.Target.Contains("/cancel", StringComparison.Ordinal))
        {
            // Each order can be cancelled once, so this asks for one that does not exist: the transaction is opened all the same.
            request = request with { Target = "/orders/999999999/cancel" };
        }

        var address = random.Next(3) == 0 ? DirectAddress(request.Route, services) ?? target.Gateway : target.Gateway;
        var bytes = request.ToBytes();
        var headLength = Encoding.ASCII.GetString(bytes).IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var (stage, sent) = random.Next(10) switch
        {
            0 => ("connected", 0),
            1 => ("in the head", random.Next(1, headLength)),
            2 when bytes.Length > headLength => ("after the head", headLength),
            3 when bytes.Length > headLength => ("in the body", random.Next(headLength, bytes.Length)),
            4 => ("in the response", bytes.Length),
            _ => ("while the service works", bytes.Length),
        };
        var delay = random.Pick(DelaysInMilliseconds);
        try
        {
            using var socket = await Wire.Connect(address, cancellationToken);
            if (sent > 0)
            {
                await socket.SendAsync(bytes.AsMemory(0, sent), cancellationToken);
            }

            if (stage == "in the response")
            {
                await socket.ReceiveAsync(new byte[1], cancellationToken);
            }
            else
            {
                await Task.Delay(delay, cancellationToken);
            }

            // Without lingering, closing resets the connection.
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (SocketException)
        {
            // The other side was faster.
        }

        return stage;
    }

    /// <summary>Half of the requests open a transaction that also sends messages.</summary>
    private static Route RouteOf(Random random)
    {
        var documented = RouteTable.Documented.Where(route => !route.Path.EndsWith("/close", StringComparison.Ordinal)).ToList();
        string[] transactional = ["POST /users", "POST /orders", "POST /orders/{order}/cancel", "POST /cart/checkout", "PUT /users/me"];
        return random.Next(2) == 0
            ? random.Pick([.. documented.Where(route => transactional.Contains(route.Name))])
            : random.Pick(documented);
    }

    /// <summary>A service without the gateway before it, which would abort in its own way.</summary>
    private static Uri? DirectAddress(Route route, RunningServices services) => route.Path.Split('/')[1] switch
    {
        "users" or "auth" => services.AddressOf("Users"),
        "products" => services.AddressOf("Products"),
        "orders" or "cart" => services.AddressOf("Orders"),
        "payments" => services.AddressOf("Payments"),
        "settlements" => services.AddressOf("Settlement"),
        "operations" => services.AddressOf("Operations"),
        _ => null,
    };

    /// <summary>Every route that opens transactions must work, as often at once as the pool has connections.</summary>
    private async Task Probe(RequestGenerator generator, CancellationToken cancellationToken)
    {
        foreach (var name in (string[])["POST /users", "POST /orders", "GET /products", "GET /payments", "GET /settlements/daily",
            "PUT /users/me"])
        {
            var route = RouteTable.Documented.Single(route => route.Name == name);
            var statuses = await Task.WhenAll(Enumerable.Range(0, Probes).Select(async number =>
                (await Wire.Exchange(target.Gateway, generator.Valid("a probe", route, new Random(number + 1_000_000)), cancellationToken))
                    .Status));
            foreach (var wrong in statuses.Where(status => status is not (>= 200 and < 500)).CountBy(status => status))
            {
                _violations.Add($"Afterwards {name} answered {wrong.Key} to {wrong.Value} of {Probes} requests.");
            }
        }
    }
}
