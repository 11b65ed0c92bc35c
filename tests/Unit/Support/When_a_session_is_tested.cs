namespace ShopSaga.Tests.Unit.Support;

public class When_a_session_is_tested
{
    [Test]
    public async Task Should_show_messages_only_after_the_commit()
    {
        await using var session = new TestableTransactionalSession();
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.Publish(new StockCounted());
        await session.SendLocal(new CountStock());

        Assert.That(session.PublishedMessages, Is.Empty);
        Assert.That(session.SentMessages, Is.Empty);

        await session.Commit();

        Assert.That(session.PublishedMessages.Single().Message, Is.TypeOf<StockCounted>());
        Assert.That(session.SentMessages.Single().Message, Is.TypeOf<CountStock>());
    }

    [Test]
    public async Task Should_refuse_to_be_used_before_it_is_opened_or_after_it_was_committed()
    {
        await using var session = new TestableTransactionalSession();
        Assert.That(() => session.Publish(new StockCounted()), Throws.InvalidOperationException);

        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.Commit();

        Assert.That(() => session.Publish(new StockCounted()), Throws.InvalidOperationException);
        Assert.That(() => session.Open(new SqlPersistenceOpenSessionOptions()), Throws.InvalidOperationException);
    }

    private sealed record StockCounted;

    private sealed record CountStock;
}
