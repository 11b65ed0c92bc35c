using System.Diagnostics;
using Npgsql;

namespace ShopSaga.Load.Bus;

/// <summary>
/// Two endpoints, each with a database. The first does some work for each message and publishes; the second does the same work for each event.
/// What both have to guarantee: a message's row is written once, and the event leaves if and only if it was.
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

    /// <summary>From right before the commit, or rather the publishing, to the event's handling.</summary>
    Latencies Latencies { get; }
}

internal static class Scenario
{
    public const string FirstDatabase = "load_first";
    public const string SecondDatabase = "load_second";
    public const int Concurrency = 16;
    public const string Work = "INSERT INTO work (number, note) VALUES ($1, 'done')";

    /// <summary>Runs with a pair on new databases, and removes both.</summary>
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

    /// <summary>Waits until the pair has handled that many more events.</summary>
    public static async Task HasHandled(IPair pair, int events)
    {
        var patience = Stopwatch.StartNew();
        var last = -1;
        while (pair.Handled < events)
        {
            if (pair.Handled != last)
            {
                last = pair.Handled;
                patience.Restart();
            }
            else if (patience.Elapsed > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException($"Only {pair.Handled} of {events} events were handled; nothing moved for a minute.");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Every row exactly once, at both; anything else makes a figure worthless.</summary>
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
            await Servers.Execute(database, "CREATE TABLE work (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number int NOT NULL, note text NOT NULL)");
        }
    }

    private static async Task DropDatabases()
    {
        NpgsqlConnection.ClearAllPools();
        await Servers.DropDatabase(FirstDatabase);
        await Servers.DropDatabase(SecondDatabase);
    }
}
