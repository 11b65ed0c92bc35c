using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_database_is_away
{
    [Test]
    public async Task Should_hold_the_messages_without_spending_retries_until_it_is_back()
    {
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Librarian>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        });
        await using var events = await Tap.On<EventBookShelved>();
        await Broker.Send(endpoint.Name, new ShelveBook(0));
        await events.Next();

        await Servers.CloseDatabase(endpoint.DatabaseName);
        for (var book = 1; book <= 10; book++)
        {
            await Broker.Send(endpoint.Name, new ShelveBook(book), $"book {book}");
        }

        var health = endpoint.Services.GetRequiredService<HealthCheckService>();
        await Eventually.Is(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Degraded, "the health check says so");
        await Servers.OpenDatabase(endpoint.DatabaseName);

        var shelved = new HashSet<string>();
        while (shelved.Count < 10)
        {
            shelved.Add((await events.Next()).Body);
        }

        await endpoint.IsReceiving();
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
        Assert.That(await endpoint.Count("\"MessageId\" like 'book %'"), Is.EqualTo(10));
    }

    [Test]
    public async Task Should_spend_no_retry_where_the_database_is_back_before_it_is_asked()
    {
        var isFlaky = false;
        var opened = 0;
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Librarian>();
            configuration.LimitMessageProcessingConcurrencyTo(1);
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            var persistence = configuration.UsePersistence<SqlPersistence>();
            var newConnection = persistence.NewConnection!;
            persistence.ConnectionBuilder(() =>
                Volatile.Read(ref isFlaky) && Interlocked.Increment(ref opened) is < 20 and var number && number % 2 == 1
                    ? new NpgsqlConnection("Host=127.0.0.1;Port=1")
                    : newConnection());
        });
        await using var events = await Tap.On<EventBookShelved>();

        Volatile.Write(ref isFlaky, true);
        await Broker.Send(endpoint.Name, new ShelveBook(1), "book 1");
        await events.Next();

        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_blame_a_message_that_breaks_the_connection_each_time()
    {
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Breaker>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        });
        await using var events = await Tap.On<EventBookShelved>();
        await Broker.Send(endpoint.Name, new BreakConnection(1), "bad");
        var failed = await Broker.Take(endpoint.ErrorQueue);
        await Broker.Send(endpoint.Name, new BreakConnection(0), "good");

        Assert.That(failed.Headers[Headers.MessageId], Is.EqualTo("bad"));
        Assert.That((await events.Next()).Body, Is.EqualTo("""{"Number":0}"""));
    }

    internal sealed record BreakConnection(int Number);

    internal sealed class Breaker : IHandleMessages<BreakConnection>
    {
        public async Task Handle(BreakConnection message, IMessageHandlerContext context)
        {
            var session = context.SynchronizedStorageSession.SqlPersistenceSession();
            if (message.Number > 0)
            {
                await session.Connection.ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())", transaction: session.Transaction);
            }

            await context.Publish(new EventBookShelved(message.Number));
        }
    }

    internal sealed record ShelveBook(int Number);

    internal sealed record EventBookShelved(int Number);

    internal sealed class Librarian : IHandleMessages<ShelveBook>
    {
        public Task Handle(ShelveBook message, IMessageHandlerContext context) => context.Publish(new EventBookShelved(message.Number));
    }
}
