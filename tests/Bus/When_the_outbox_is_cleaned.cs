using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_outbox_is_cleaned
{
    [Test]
    public async Task Should_delete_what_left_long_ago_and_nothing_else()
    {
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.EnableOutbox().KeepDeduplicationDataFor(TimeSpan.FromDays(2));
            configuration.EnableOutbox().RunDeduplicationDataCleanupEvery(TimeSpan.FromSeconds(1));
        });
        await endpoint.Execute($"""
            insert into "{endpoint.OutboxTable}" ("MessageId", "Dispatched", "DispatchedAt", "Operations") values
                ('old', true, now() at time zone 'utc' - interval '3 days', '[]'),
                ('young', true, now() at time zone 'utc' - interval '1 day', '[]')
            """);

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'old'") == 0, "the old record is gone");
        Assert.That(await endpoint.Count("\"MessageId\" = 'young'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_work_through_more_than_one_batch_and_keep_what_has_not_left()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.EnableOutbox().RunDeduplicationDataCleanupEvery(TimeSpan.FromDays(1)));
        await endpoint.Execute($"""
            insert into "{endpoint.OutboxTable}" ("MessageId", "Dispatched", "DispatchedAt", "Operations")
            select 'old ' || n, true, now() at time zone 'utc' - interval '8 days', '[]' from generate_series(1, 9000) n;
            insert into "{endpoint.OutboxTable}" ("MessageId", "Operations") values
                ('stuck', '[{"{"}"MessageId": "1", "Headers": {"{}"}, "Options": {"{"}"Destination": "{endpoint.Name}-gone"{"}"}{"}"}]');
            """);
        await endpoint.Stop();
        await using var cleaning = await TestEndpoint.Join(
            endpoint.Name,
            configuration => configuration.EnableOutbox().RunDeduplicationDataCleanupEvery(TimeSpan.FromMilliseconds(200)),
            _ => { });
        await Eventually.Is(
            async () => await endpoint.Count("\"MessageId\" like 'old %'") == 0,
            "the old records are gone after the default of seven days");

        Assert.That(await endpoint.Count("\"MessageId\" = 'stuck' and not \"Dispatched\""), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_read_only_records_that_are_due()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.EnableOutbox().RunDeduplicationDataCleanupEvery(TimeSpan.FromSeconds(1)));
        await endpoint.Stop();
        await endpoint.Execute($"""
            -- As for a statement that a session has prepared and often used: the plan is for any time.
            alter database "{endpoint.DatabaseName}" set plan_cache_mode = force_generic_plan;
            insert into "{endpoint.OutboxTable}" ("MessageId", "Dispatched", "DispatchedAt", "Operations")
            select 'young ' || n, true, now() at time zone 'utc', '[]'::jsonb from generate_series(1, 50000) n
            union all
            select 'old ' || n, true, now() at time zone 'utc' - interval '8 days', '[]'::jsonb from generate_series(1, 5000) n;
            analyze
            """);
        NpgsqlConnection.ClearPool(new NpgsqlConnection(endpoint.ConnectionString));
        var scanned = await Counter("seq_tup_read");

        await endpoint.Start();

        await Eventually.Is(async () => await Counter("n_tup_del") == 5000, "the old records are gone");
        Assert.That(await Counter("seq_tup_read"), Is.EqualTo(scanned));

        async Task<long> Counter(string name) => await endpoint.Query<long>(
            $"select {name} from pg_stat_user_tables where relname = '{endpoint.OutboxTable}'");
    }

    [Test]
    public async Task Should_have_it_vacuumed_often_unless_the_operator_says_otherwise()
    {
        await using var endpoint = await TestEndpoint.Start(_ => { });
        Assert.That(await Options(), Does.Contain("autovacuum_vacuum_scale_factor=0.01"));

        await StartAgainAfter("set (autovacuum_vacuum_scale_factor = 0.5)");
        Assert.That(await Options(), Does.Contain("autovacuum_vacuum_scale_factor=0.5"));

        await StartAgainAfter("reset (autovacuum_vacuum_scale_factor)");
        Assert.That(await Options(), Does.Contain("autovacuum_vacuum_scale_factor=0.01"), "as for a table of an older version");

        Task<string?> Options() => endpoint.Query<string>(
            $"select array_to_string(reloptions, ' ') from pg_class where relname = '{endpoint.OutboxTable}'");

        async Task StartAgainAfter(string change)
        {
            await endpoint.Stop();
            await endpoint.Execute($"alter table \"{endpoint.OutboxTable}\" {change}");
            await endpoint.Start();
        }
    }
}
