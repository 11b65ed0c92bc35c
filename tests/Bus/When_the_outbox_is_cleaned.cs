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
}
