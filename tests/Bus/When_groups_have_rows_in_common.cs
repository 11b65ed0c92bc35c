using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public sealed class When_groups_have_rows_in_common
{
    private const int GroupSize = 10;

    [Test]
    public async Task Should_lock_them_in_one_order()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.LimitMessageProcessingConcurrencyTo(2);
                configuration.HandleInGroupsOf(GroupSize);
                configuration.LockInOrder(message => message is EventChange { Hold: false } change ? change.Row : null);
                configuration.AddHandler<Changer>();
            },
            services => services.AddSingleton<Gate>());
        await endpoint.Execute(
            """
            CREATE TABLE common (id bigint PRIMARY KEY);
            INSERT INTO common SELECT generate_series(1, 10);
            CREATE TABLE changes (
                number bigint GENERATED ALWAYS AS IDENTITY, id bigint NOT NULL, transaction xid8 NOT NULL DEFAULT pg_current_xact_id());
            """);
        var gate = endpoint.Services.GetRequiredService<Gate>();
        await endpoint.Session.Publish(new EventChange(0, Hold: true));
        await endpoint.Session.Publish(new EventChange(0, Hold: true));
        await Eventually.Is(() => gate.Held == 2, "both workers are held");

        // One group wants the rows from the first to the last, the other from the last to the first.
        foreach (var row in Enumerable.Range(1, GroupSize).Concat(Enumerable.Range(1, GroupSize).Reverse()))
        {
            await endpoint.Session.Publish(new EventChange(row));
        }

        await Eventually.Is(async () => await Broker.Depth(endpoint.Name) == 0, "all are handed to the endpoint");
        gate.Open.SetResult();
        await Eventually.Is(async () => await endpoint.Query<long>("SELECT count(*) FROM changes") == 2 * GroupSize, "all are handled");

        var groups = (await endpoint.QueryAll<(string Transaction, long Row)>("SELECT transaction::text, id FROM changes ORDER BY number"))
            .GroupBy(change => change.Transaction)
            .Select(group => group.Select(change => change.Row));
        Assert.That(groups, Has.All.Ordered.Ascending);
        Assert.That(groups.Count(), Is.EqualTo(2), "none was processed alone");
    }

    internal sealed record EventChange(long Row, bool Hold = false);

    internal sealed class Gate
    {
        private int _held;

        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Held => Volatile.Read(ref _held);

        public Task Hold()
        {
            Interlocked.Increment(ref _held);
            return Open.Task.WaitAsync(Eventually.Limit);
        }
    }

    internal sealed class Changer(Gate gate) : IHandleMessages<EventChange>
    {
        public async Task Handle(EventChange message, IMessageHandlerContext context)
        {
            if (message.Hold)
            {
                await gate.Hold();
                return;
            }

            await context.Execute("UPDATE common SET id = id WHERE id = @Row", message);
            await context.Execute("INSERT INTO changes (id) VALUES (@Row)", message);
        }
    }
}
