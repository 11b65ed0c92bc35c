using System.Diagnostics;
using HdrHistogram;
using Npgsql;

namespace ShopSaga.Load.Bus;

/// <summary>
/// Two endpoints, each with a database. The first inserts a row for each message and publishes an event; the second inserts a row for each
/// event. An implementation must guarantee that each row is written once, and that the event is published if and only if the row is
/// committed.
/// </summary>
internal interface IPair : IAsyncDisposable
{
    /// <summary>Creates queues and tables; nothing is received yet.</summary>
    Task Install();

    /// <summary>Puts messages into the first endpoint's queue.</summary>
    Task Preload(int messages);

    /// <summary>Starts both and receives.</summary>
    Task Start();

    /// <summary>One request: a row at the first endpoint and an event, in one transaction.</summary>
    Task Request(int number);

    /// <summary>Events handled by the second endpoint.</summary>
    int Handled { get; }

    /// <summary>From just before the publication of an event to its handling.</summary>
    LongConcurrentHistogram Latencies { get; }
}

internal static class Scenario
{
    public const string FirstDatabase = "load_first";
    public const string SecondDatabase = "load_second";
    public const int Concurrency = 16;
    public const string Work = "INSERT INTO work (number, note) VALUES ($1, 'done')";

    /// <summary>Runs with a pair on new databases, and removes them afterwards.</summary>
    public static async Task<TResult> On<TPair, TResult>(TPair pair, Func<TPair, Task<TResult>> run)
        where TPair : IPair
    {
        await CreateDatabases();
        TResult result;
        await using (pair)
        {
            result = await run(pair);
        }

        await DropDatabases();
        return result;
    }

    public static async Task DoWork(System.Data.Common.DbConnection connection, System.Data.Common.DbTransaction? transaction, int number)
    {
        await using var command = new NpgsqlCommand(Work, (NpgsqlConnection)connection, (NpgsqlTransaction?)transaction);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = number });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Waits until the pair has handled this many events.</summary>
    public static async Task HasHandled(IPair pair, int events)
    {
        var clock = Stopwatch.StartNew();
        var last = -1;
        while (pair.Handled < events)
        {
            if (pair.Handled != last)
            {
                last = pair.Handled;
                clock.Restart();
            }
            else if (clock.Elapsed > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException($"Only {pair.Handled} of {events} events were handled; nothing moved for a minute.");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Asserts that each endpoint has every row exactly once: no figure counts otherwise.</summary>
    public static async Task Verify(int messages)
    {
        foreach (var database in (string[])[FirstDatabase, SecondDatabase])
        {
            var rows = await Servers.Count(database, "SELECT count(*) FROM work");
            var distinct = await Servers.Count(database, "SELECT count(DISTINCT number) FROM work");
            if (rows != messages || distinct != messages)
            {
                throw new InvalidOperationException($"{database} has {rows} rows of {distinct} messages, not {messages}.");
            }
        }
    }

    private static async Task CreateDatabases()
    {
        foreach (var database in (string[])[FirstDatabase, SecondDatabase])
        {
            await Servers.CreateDatabase(database);
            await Servers.Execute(
                database,
                "CREATE TABLE work (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number int NOT NULL, note text NOT NULL)");
        }
    }

    private static async Task DropDatabases()
    {
        NpgsqlConnection.ClearAllPools();
        await Servers.DropDatabase(FirstDatabase);
        await Servers.DropDatabase(SecondDatabase);
    }
}
