using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Replaying;

/// <summary>A real process, killed at each point between taking a message from the error queue and acknowledging it there.</summary>
public class When_replaying_is_killed
{
    private const int Messages = 5;

    [TestCase(true, AmqpProxy.Publish, 0, TestName = "Should_lose_nothing(before anything is published)")]
    [TestCase(true, AmqpProxy.Publish, 2, TestName = "Should_lose_nothing(between two messages)")]
    [TestCase(false, AmqpProxy.Ack, 0, TestName = "Should_lose_nothing(before the broker has confirmed)")]
    [TestCase(true, AmqpProxy.Ack, 0, TestName = "Should_lose_nothing(confirmed, before anything is acknowledged)")]
    [TestCase(true, AmqpProxy.Ack, 2, TestName = "Should_lose_nothing(between two acknowledgements)")]
    public async Task Should_lose_nothing_and_have_each_handled_once(bool ofClient, ushort method, int through)
    {
        var cause = new Cause();
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<PressFlower>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(cause));
        await endpoint.Execute("create table pressed (number int)");
        for (var number = 1; number <= Messages; number++)
        {
            await Broker.Send(endpoint.Name, new Press(number));
        }

        await Eventually.Get(() => Broker.Depth(endpoint.ErrorQueue), depth => depth == Messages, "all have failed");
        cause.IsGone = true;

        await using (var proxy = new AmqpProxy(ofClient, method, through))
        {
            using var process = Start(endpoint.ErrorQueue, proxy.Address);
            await proxy.HasKept();
            Assert.That(process.HasExited, Is.False);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        // The broker puts back what the killed one held; from then on every message can be reached again.
        await Eventually.Get(
            async () => (await Broker.Depth(endpoint.ErrorQueue), await endpoint.Query<long>("select count(*) from pressed")),
            seen => seen.Item1 + seen.Item2 >= Messages,
            "each message is in the error queue, or handled, or both");
        await Eventually.Get(
            async () =>
            {
                var (exitCode, output) = await Replays.Return(endpoint.ErrorQueue);
                Assert.That(exitCode, Is.Zero, output);
                return await endpoint.QueryAll<int>("select number from pressed order by number");
            },
            pressed => pressed.Count == Messages,
            "all handled");

        // Behind every copy in its queue: once this is handled and the endpoint has stopped, so are they.
        await Broker.Send(endpoint.Name, new Press(Messages + 1));
        await Eventually.Is(
            async () => await endpoint.Query<bool>("select exists (select from pressed where number = 6)"), "the last is handled");
        await endpoint.Stop();
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
        Assert.That(
            await endpoint.QueryAll<int>("select number from pressed order by number"),
            Is.EqualTo(Enumerable.Range(1, Messages + 1)),
            "each once");
    }

    private static Process Start(string errorQueue, string broker)
    {
        // Beside us lies a copy of the launcher without what only it needs.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name;
        var launcher = Path.Combine(AppContext.BaseDirectory, "..", "..", "ShopSaga.Local", configuration, "ShopSaga.Local.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [launcher, "replay", "return", "--queue", errorQueue])
        {
            Environment = { ["SHOPSAGA_RABBITMQ"] = broker },
        })!;
    }

    internal sealed class Cause
    {
        public bool IsGone { get; set; }
    }

    internal sealed record Press(int Number);

    internal sealed class PressFlower(Cause cause) : IHandleMessages<Press>
    {
        public Task Handle(Press message, IMessageHandlerContext context) => cause.IsGone
            ? context.Execute("insert into pressed values (@Number)", message)
            : throw new InvalidOperationException("There is no press.");
    }
}
