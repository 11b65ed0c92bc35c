using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Transports;

[TestFixture(TransportKind.RabbitMq)]
[TestFixture(TransportKind.InMemory)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_carried_message_fails(TransportKind transport)
{
    private readonly ITestBroker _broker = transport.NewBroker();
    private readonly Seen<string> _attempts = new();

    [Test]
    public async Task Should_try_immediately_then_later_then_move_it_to_the_error_queue()
    {
        await using var endpoint = await Start(immediate: 2, delayed: 2);
        await _broker.Send(endpoint.Name, new Lift(int.MaxValue), "stone");
        var failed = await _broker.Take(endpoint.ErrorQueue);

        Assert.That(
            _attempts.All,
            Is.EqualTo(new[] { "stone", "stone", "stone", "stone 1", "stone 1", "stone 1", "stone 2", "stone 2", "stone 2" }));
        Assert.That(failed[Headers.MessageId], Is.EqualTo("stone"));
        Assert.That(failed["NServiceBus.FailedQ"], Is.EqualTo(endpoint.Name));
        Assert.That(failed["NServiceBus.ExceptionInfo.ExceptionType"], Is.EqualTo(typeof(InvalidOperationException).FullName));
        Assert.That(failed["NServiceBus.ExceptionInfo.Message"], Is.EqualTo("It is too heavy."));
        Assert.That(failed["NServiceBus.TimeOfFailure"], Does.Match(Wire.Timestamp));
        Assert.That(failed, Does.ContainKey(Headers.DelayedRetriesTimestamp).And.Not.ContainKey(Headers.DelayedRetries));
        Assert.That(await Effects(endpoint), Is.Empty);
        Assert.That(await endpoint.Count("true"), Is.Zero);
    }

    [Test]
    public async Task Should_keep_nothing_of_failed_attempts_when_one_succeeds()
    {
        await using var endpoint = await Start(immediate: 3, delayed: 0);
        await _broker.Send(endpoint.Name, new Lift(Failures: 2), "stone");

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'stone' and \"Dispatched\"") == 1, "handled in the end");
        Assert.That(await Effects(endpoint), Is.EqualTo(new[] { "stone" }));
        Assert.That(_attempts.Count, Is.EqualTo(3));
        Assert.That(await _broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_hold_up_no_other_message()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await _broker.Send(endpoint.Name, new Lift(int.MaxValue), "stone");
        for (var feather = 1; feather <= 20; feather++)
        {
            await _broker.Send(endpoint.Name, new Lift(Failures: 0), $"feather {feather}");
        }

        Assert.That((await _broker.Take(endpoint.ErrorQueue))[Headers.MessageId], Is.EqualTo("stone"));
        await Eventually.Is(async () => await endpoint.Count("\"Dispatched\"") == 20, "the others are handled");
    }

    [Test]
    public async Task Should_be_handled_when_it_is_returned_to_where_it_failed()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await _broker.Send(endpoint.Name, new Lift(Failures: 1), "stone");
        var failed = await _broker.Take(endpoint.ErrorQueue);
        await _broker.Send(failed["NServiceBus.FailedQ"], new Lift(Failures: 1), failed[Headers.MessageId]);

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'stone' and \"Dispatched\"") == 1, "handled");
        Assert.That(await Effects(endpoint), Is.EqualTo(new[] { "stone" }));
    }

    private static Task<IReadOnlyList<string>> Effects(TestEndpoint endpoint) => endpoint.QueryAll<string>("select what from effects");

    private async Task<TestEndpoint> Start(int immediate, int delayed)
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Lifter>();
                configuration.Recoverability()
                    .Immediate(retries => retries.NumberOfRetries(immediate))
                    .Delayed(retries => retries.NumberOfRetries(delayed).TimeIncrease(TimeSpan.FromSeconds(1)));
            },
            services => services.AddSingleton(_attempts),
            broker: _broker);
        await endpoint.Execute("create table effects (what text)");
        return endpoint;
    }

    internal sealed record Lift(int Failures);

    internal sealed class Lifter(Seen<string> attempts) : IHandleMessages<Lift>
    {
        public async Task Handle(Lift message, IMessageHandlerContext context)
        {
            var earlier = attempts.All.Count(attempt => attempt.StartsWith(context.MessageId, StringComparison.Ordinal));
            attempts.Add($"{context.MessageId} {context.MessageHeaders.GetValueOrDefault(Headers.DelayedRetries)}".TrimEnd());
            await context.Execute("insert into effects values (@MessageId)", new { context.MessageId });
            if (earlier < message.Failures)
            {
                throw new InvalidOperationException("It is too heavy.");
            }
        }
    }
}
