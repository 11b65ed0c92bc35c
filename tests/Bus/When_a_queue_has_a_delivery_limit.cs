using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>As every quorum queue of RabbitMQ 4 has by default: after 20 deliveries the broker drops a message.</summary>
public class When_a_queue_has_a_delivery_limit
{
    private const int Limit = 20;
    private readonly Seen<string> _handled = new();
    private readonly Gate _gate = new();

    [Test]
    public async Task Should_lose_no_message_over_more_crashes_than_that()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration => configuration.AddHandler<Keeper>(), services => services.AddSingleton(_handled).AddSingleton(_gate));
        await Management.SetPolicy(endpoint.Name, new() { ["delivery-limit"] = Limit });
        try
        {
            await Broker.Send(endpoint.Name, new KeepSafe(), "precious");
            for (var crash = 1; crash <= Limit + 5; crash++)
            {
                Assert.That(await _handled.Next(), Is.EqualTo("precious"), $"delivery {crash}");
                await endpoint.Abort();
                await endpoint.Start();
            }

            await _handled.Next();
            _gate.Open.SetResult();
            await Eventually.Is(
                async () => await endpoint.Count("\"MessageId\" = 'precious' and \"Dispatched\"") == 1, "handled in the end");
        }
        finally
        {
            await Management.DeletePolicy(endpoint.Name);
        }
    }

    internal sealed class Gate
    {
        public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed record KeepSafe;

    internal sealed class Keeper(Seen<string> handled, Gate gate) : IHandleMessages<KeepSafe>
    {
        public Task Handle(KeepSafe message, IMessageHandlerContext context)
        {
            handled.Add(context.MessageId);
            return gate.Open.Task.WaitAsync(context.CancellationToken);
        }
    }
}
