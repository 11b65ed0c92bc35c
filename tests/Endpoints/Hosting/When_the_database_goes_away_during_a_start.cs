using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Tests.Endpoints.Users;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Hosting;

/// <summary>What hosting and the bus promise of every service, on the one that does most with its database before it serves.</summary>
internal sealed class When_the_database_goes_away_during_a_start
{
    private const int Starts = 6;

    [Test]
    public async Task Should_start_once_it_is_back()
    {
        await using var running = await UsersApp.Start();
        var database = new NpgsqlConnectionStringBuilder(running.Database);
        await using var counting = new BreakingProxy(database.Port, breakAt: 0);
        await Start(running, counting);
        var requests = counting.Requests;
        TestContext.Progress.WriteLine($"A start sends {requests} requests to its database.");
        Assert.That(requests, Is.GreaterThan(Starts));

        var failures = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Starts).Select(number => 1 + (number * requests / Starts)).Select(StartWithout));
        Assert.That(failures, Is.Empty);

        // A thread of its own, since a host is started synchronously.
        Task StartWithout(int request) => Task.Factory.StartNew(
            async () =>
            {
                await using var proxy = new BreakingProxy(database.Port, request);
                try
                {
                    await Start(running, proxy);
                }
                catch (Exception ended)
                {
                    failures.Add($"request {request} broke: {ended.GetType().Name}: {ended.Message}");
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();
    }

    private static async Task Start(ServiceApp<Registration> running, BreakingProxy proxy)
    {
        var address = new NpgsqlConnectionStringBuilder(running.Database) { Host = "127.0.0.1", Port = proxy.Port };
        using var service = running.StartAnother(settings: new() { ["ConnectionStrings:Database"] = address.ConnectionString });
        using var client = service.Anonymous();
        using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
