namespace ShopSaga.Load.Bus;

/// <summary>Measures whether throughput falls as tables and queues grow: the same drain with few and with many rows or messages.</summary>
internal static class GrowthCampaign
{
    private const int OutboxRecords = 5_000_000;
    private const int Sagas = 1_000_000;
    private const int ShortBacklog = 5_000;
    private const int ShortRounds = 10;
    private const int LongBacklog = 200_000;
    private const int Messages = 10_000;
    private const int Rounds = 3;

    public static async Task Run(Report report)
    {
        // Compilation in the first seconds must not slow down the measurements before the tables grow.
        await Scenario.On(NewBus(usesSaga: false), async pair =>
        {
            await pair.Install();
            return await Median(pair);
        });
        await Compare(report, "growth.outbox", usesSaga: false, FillOutbox);
        await Compare(report, "growth.sagas", usesSaga: true, FillSagas);
        await CompareBacklogs(report);
    }

    private static async Task Compare(Report report, string name, bool usesSaga, Func<Task> fill)
    {
        var (before, after) = await Scenario.On(NewBus(usesSaga), async pair =>
        {
            await pair.Install();
            var before = await Median(pair);
            Console.WriteLine($"{name}: filling the tables");
            await fill();
            return (before, await Median(pair));
        });
        report.Add($"{name}.throughput", after, "messages/s", before);
    }

    private static async Task CompareBacklogs(Report report)
    {
        var (shorter, longer) = await Scenario.On(NewBus(usesSaga: false), async pair =>
        {
            await pair.Install();

            // A short drain takes a second or two and may or may not include a checkpoint; a long one includes several.
            var rates = new List<double>();
            for (var round = 0; round < ShortRounds; round++)
            {
                rates.Add(await Drain(pair, ShortBacklog));
            }

            return (rates.Average(), await Drain(pair, LongBacklog));
        });
        report.Add("growth.backlog.throughput", longer, "messages/s", shorter);
    }

    private static BusPair NewBus(bool usesSaga) => new(BusCampaign.Concurrency, BusCampaign.GroupSize, usesSaga);

    private static async Task<double> Median(BusPair pair)
    {
        var rates = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            rates.Add(await Drain(pair, Messages));
        }

        // The first round warms up.
        return rates.Skip(1).Order().ElementAt(Rounds / 2);
    }

    private static async Task<double> Drain(BusPair pair, int messages)
    {
        var handled = pair.Handled;
        await pair.Preload(messages, first: handled);
        await pair.Start();
        await Scenario.HasHandled(pair, handled + 1);

        // Measured from the first message on: the time to connect would count against short drains.
        var (already, started) = (pair.Handled, System.Diagnostics.Stopwatch.GetTimestamp());
        await Scenario.HasHandled(pair, handled + messages);
        var rate = (handled + messages - already) / System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds;
        await pair.Stop();
        await Scenario.Verify(handled + messages);
        return rate;
    }

    private static async Task FillOutbox()
    {
        foreach (var (database, table) in ((string, string)[])[(
            Scenario.FirstDatabase, "Load_First_OutboxData"), (Scenario.SecondDatabase, "Load_Second_OutboxData")])
        {
            await Servers.Execute(database, $"""
                INSERT INTO "{table}" ("MessageId", "Dispatched", "DispatchedAt", "PersistenceVersion", "Operations")
                SELECT '0192' || lpad(to_hex(n), 8, '0') || '-7000-8000-000000000000', true, now() - interval '1 hour', '9.0.3.0', '[]'
                FROM generate_series(1, {OutboxRecords}) AS n
                """);
            await Settle(database, table);
        }
    }

    private static async Task FillSagas()
    {
        await Servers.Execute(Scenario.FirstDatabase, $$"""
            INSERT INTO "Load_First_DoSaga"
                ("Id", "Metadata", "Data", "PersistenceVersion", "SagaTypeVersion", "Concurrency", "Correlation_Key")
            SELECT gen_random_uuid(), '{}', jsonb_build_object('Key', 'old ' || n), '9.0.3.0', '1.0.0.0', 1, 'old ' || n
            FROM generate_series(1, {{Sagas}}) AS n;
            """);
        await Settle(Scenario.FirstDatabase, "Load_First_DoSaga");
    }

    /// <summary>Runs the background work that a bulk load leaves behind, so that it is not measured.</summary>
    private static async Task Settle(string database, string table)
    {
        await Servers.Execute(database, $"""VACUUM ANALYZE "{table}" """);
        await Servers.Execute(database, "CHECKPOINT");
    }
}
