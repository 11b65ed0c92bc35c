using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Crashing;

/// <summary>
/// An endpoint that writes rows and sends several messages, in a handler, in a saga and in a session; in the process that is killed and in
/// the one that goes on.
/// </summary>
internal static class Warehouse
{
    public const string Schema = "create table effects (what text not null, of text not null)";

    /// <summary>Events that each of the three publishes.</summary>
    public const int Events = 3;

    public static void Configure(EndpointConfiguration configuration, Crash crash)
    {
        configuration.AddHandler<Packer>();
        configuration.AddHandler<Labeller>();
        configuration.AddSaga<PilePolicy>();
        configuration.LimitMessageProcessingConcurrencyTo(1);
        configuration.AtCrashPoint = (step, _) => crash.Reach(step);
    }

    public static void Add(IServiceCollection services, Crash crash) => services.AddSingleton(crash);

    /// <summary>What a request does.</summary>
    public static async Task OrderPallet(TestEndpoint endpoint, string pallet)
    {
        await using var request = endpoint.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SynchronizedStorageSession.Execute("insert into effects values ('order', @pallet)", new { pallet });
        for (var n = 1; n <= Events; n++)
        {
            await session.Publish(new EventMoved(pallet, n));
        }

        await session.SendLocal(new Label(pallet));
        await session.Commit();
    }

    internal sealed record Pack(string Box);

    internal sealed record Stack(string Pile);

    internal sealed record Label(string What);

    internal sealed record EventMoved(string What, int Number);

    internal sealed class Packer(Crash crash) : IHandleMessages<Pack>
    {
        public async Task Handle(Pack message, IMessageHandlerContext context)
        {
            await context.Execute("insert into effects values ('pack', @Box)", message);
            for (var n = 1; n <= Events; n++)
            {
                await context.Publish(new EventMoved(message.Box, n));
            }

            await crash.Reach(Crash.InHandler);
            await context.SendLocal(new Label(message.Box));
        }
    }

    internal sealed class Labeller : IHandleMessages<Label>
    {
        public Task Handle(Label message, IMessageHandlerContext context) => context.Execute(
            "insert into effects values ('label', @What)", message);
    }

    internal sealed class PileData : ContainSagaData
    {
        public string Pile { get; set; } = "";

        public int Height { get; set; }
    }

    internal sealed class PilePolicy(Crash crash) : Saga<PileData>, IAmStartedByMessages<Stack>
    {
        public async Task Handle(Stack message, IMessageHandlerContext context)
        {
            Data.Height++;
            await context.Execute("insert into effects values ('stack', @Pile)", message);
            for (var n = 1; n <= Events; n++)
            {
                await context.Publish(new EventMoved(message.Pile, n));
            }

            await crash.Reach(Crash.InHandler);
            await context.SendLocal(new Label(message.Pile));
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<PileData> mapper) =>
            mapper.MapSaga(saga => saga.Pile).ToMessage<Stack>(message => message.Pile);
    }
}
