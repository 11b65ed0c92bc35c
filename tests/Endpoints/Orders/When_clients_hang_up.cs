using System.Diagnostics;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Orders;

/// <summary>Requests that are aborted at every stage, by clients of a service with few connections.</summary>
internal sealed class When_clients_hang_up
{
    private const int Connections = 6;
    private const int Aborted = 200;
    private const string Order = """{"productId":1,"quantity":1,"paymentMethod":"CARD"}""";

    /// <summary>Small steps: a connection is taken, and its transaction begun, within fractions of a millisecond.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(50);

    private OrdersApp _first = null!;
    private OrdersApp _orders = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _first = await OrdersApp.Start();
        _orders = await _first.StartAnother(new()
        {
            ["ConnectionStrings:Database"] =
                new NpgsqlConnectionStringBuilder(_first.Database) { MaxPoolSize = Connections, Timeout = 5 }.ToString(),
            ["Orders:StreamsPerUser"] = "3",
        });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _orders.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Test]
    public async Task Should_serve_the_next_client_as_before()
    {
        Func<HttpRequestMessage>[] requests =
        [
            () => NewRequest("POST", "/orders/999999999/cancel"),
            () => NewRequest("POST", "/orders", Order),
            () => NewRequest("POST", "/cart/checkout", """{"paymentMethod":"CARD"}"""),
            () => NewRequest("PUT", "/cart/items/1", """{"quantity":1}"""),
            () => NewRequest("DELETE", "/cart"),
            () => NewRequest("GET", "/orders"),
            () => NewRequest("GET", "/cart"),
            () =>
            {
                var request = NewRequest("POST", "/orders", Order);
                request.Headers.Add("Prefer", "wait=30");
                request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{Guid.NewGuid():N}");
                return request;
            },
        ];
        await Abort(_orders.Customer(600), number => requests[number % requests.Length]());

        await ServesAsManyAsItHasConnections();
    }

    [Test]
    public async Task Should_give_the_permits_of_streams_back()
    {
        var customer = _orders.Customer(602);
        var id = await customer.Order();

        await Abort(customer, _ => NewRequest("GET", $"/orders/{id}/events"));

        await ServesAsManyAsItHasConnections();
        var streams = new List<OrderStream>();
        await Eventually.Is(
            async () =>
            {
                streams.Add(await OrderStream.Open(customer, id));
                return streams.Count(stream => stream.Status == 200) == 3;
            },
            "three streams are open");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    /// <summary>Sends requests, several at the same time, and cancels each after another time.</summary>
    private static Task Abort(HttpClient client, Func<int, HttpRequestMessage> newRequest) => Parallel.ForEachAsync(
        Enumerable.Range(0, Aborted),
        new ParallelOptions { MaxDegreeOfParallelism = 4 },
        async (number, _) =>
        {
            using var hangUp = new CancellationTokenSource();
            using var request = newRequest(number);
            var sent = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, hangUp.Token);
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < number * Step && !sent.IsCompleted)
            {
                await Task.Yield();
            }

            await hangUp.CancelAsync();
            try
            {
                (await sent).Dispose();
            }
            catch (OperationCanceledException)
            {
                // That is what a client that hangs up sees.
            }
        });

    private static HttpRequestMessage NewRequest(string method, string path, string? body = null) => new(new HttpMethod(method), path)
    {
        Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
    };

    private async Task ServesAsManyAsItHasConnections()
    {
        var customer = _orders.Customer(603);
        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4 * Connections).Select(_ => customer.Post("/orders/999999999/cancel")));
            Assert.That(answers.Select(answer => answer.Status), Is.All.EqualTo(404));
        }
    }
}
