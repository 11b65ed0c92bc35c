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
}
