using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_the_policy_of_failures_is_another
{
    private readonly Seen<string> _attempts = new();
    private readonly Seen<string> _told = new();

    [Test]
    public async Task Should_discard_what_the_policy_discards()
    {
        await using var endpoint = await Start(recoverability => recoverability.CustomPolicy((_, _) => RecoverabilityAction.Discard("nobody misses it")));
        await Broker.Send(endpoint.Name, new PeelOrange(), "orange");
        await Broker.Send(endpoint.Name, new PeelOrange(), "another");
        await _attempts.Next();
        await _attempts.Next();
        await endpoint.Stop();

        Assert.That(_attempts.All, Is.EquivalentTo(new[] { "orange", "another" }), "each once");
        Assert.That(await Broker.Depth(endpoint.Name), Is.Zero);
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
    }

    [Test]
    public async Task Should_keep_a_failure_in_the_queue_that_the_policy_names()
    {
        var elsewhere = TestEndpoint.UniqueName();
        await using var other = await TestEndpoint.Start(configuration => configuration.SendFailedMessagesTo(elsewhere), name: TestEndpoint.UniqueName());
        await using var endpoint = await Start(recoverability => recoverability.CustomPolicy((_, failed) =>
            RecoverabilityAction.MoveToError(failed.MessageId == "orange" ? elsewhere : "nowhere")));
        await Broker.Send(endpoint.Name, new PeelOrange(), "orange");

        await Eventually.Is(async () => await Broker.Depth(elsewhere) == 1, "the failure is in the other queue");
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
        await Broker.Delete(elsewhere);
    }

    [Test]
    public async Task Should_decide_on_what_the_policy_is_shown_and_leave_the_rest_to_the_default_one()
    {
        await using var endpoint = await Start(recoverability => recoverability
            .Immediate(retries => retries.NumberOfRetries(1))
            .CustomPolicy((config, failed) =>
            {
                _told.Add($"{failed.Exception.Message} {failed.ImmediateProcessingFailures} {failed.DelayedDeliveriesPerformed} {failed.ReceiveAddress} "
                    + $"{failed.Headers["kind"]} {failed.Body.Length} {failed.NativeMessageId} {config.Failed.ErrorQueue}");
                return failed is { ImmediateProcessingFailures: 2, DelayedDeliveriesPerformed: 0 }
                    ? RecoverabilityAction.DelayedRetry(TimeSpan.FromSeconds(1))
                    : DefaultRecoverabilityPolicy.Invoke(config, failed);
            }));
        await Broker.Send(endpoint.Name, new PeelOrange(), "orange", new Dictionary<string, string> { ["kind"] = "blood" });
        await endpoint.NextFailed();

        Assert.That(
            _told.All,
            Is.EqualTo(new[] { (1, 0), (2, 0), (1, 1), (2, 1) }.Select(counts =>
                $"Sour. {counts.Item1} {counts.Item2} {endpoint.Name} blood 2 orange {endpoint.ErrorQueue}")),
            "no delayed retries are configured; the policy gives one");
    }

    [Test]
    public async Task Should_tell_of_every_step_and_let_the_headers_of_the_failure_be_changed()
    {
        await using var endpoint = await Start(recoverability => recoverability
            .Immediate(retries =>
            {
                retries.NumberOfRetries(1);
                retries.OnMessageBeingRetried(Tell<ImmediateRetryMessage>(retry => $"at once {retry.RetryAttempt} {retry.MessageId}"));
            })
            .Delayed(retries => retries.NumberOfRetries(1).TimeIncrease(TimeSpan.FromSeconds(1))
                .OnMessageBeingRetried(Tell<DelayedRetryMessage>(retry => $"later {retry.RetryAttempt} {retry.MessageId}")))
            .Failed(failures => failures
                .HeaderCustomization(headers =>
                {
                    headers.Remove("NServiceBus.ExceptionInfo.StackTrace");
                    headers["NServiceBus.ExceptionInfo.Message"] = "It was not ripe.";
                    headers["season"] = "summer";
                    Assert.That(headers, Does.Not.ContainKey("kind"), "only what is added can be changed");
                })
                .OnMessageSentToErrorQueue(Tell<FailedMessage>(failed => $"failed {failed.Exception.Message} {failed.MessageId} {failed.ErrorQueue}"))));
        await Broker.Send(endpoint.Name, new PeelOrange(), "orange", new Dictionary<string, string> { ["kind"] = "blood" });
        var failed = await endpoint.NextFailed();

        Assert.That(
            new[] { await _told.Next(), await _told.Next(), await _told.Next(), await _told.Next() },
            Is.EqualTo(new[] { "at once 1 orange", "later 1 orange", "at once 1 orange", $"failed Sour. orange {endpoint.ErrorQueue}" }));
        Assert.That(failed.Headers["kind"], Is.EqualTo("blood"));
        Assert.That(failed.Headers["season"], Is.EqualTo("summer"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Is.EqualTo("It was not ripe."));
        Assert.That(failed.Headers, Does.Not.ContainKey("NServiceBus.ExceptionInfo.StackTrace"));
    }

    [Test]
    public async Task Should_put_the_message_back_when_telling_of_it_fails()
    {
        var times = 0;
        await using var endpoint = await Start(recoverability => recoverability
            .Immediate(retries => retries.NumberOfRetries(0))
            .Failed(failures => failures.OnMessageSentToErrorQueue((_, _) =>
                Interlocked.Increment(ref times) == 1 ? throw new TimeoutException("Nobody answers.") : Task.CompletedTask)));
        await Broker.Send(endpoint.Name, new PeelOrange(), "orange");

        await Eventually.Is(async () => await Broker.Depth(endpoint.ErrorQueue) == 2, "it was tried again, and failed again");
        Assert.That(_attempts.Count, Is.EqualTo(2));
    }

    private Func<T, CancellationToken, Task> Tell<T>(Func<T, string> what) => (told, _) =>
    {
        _told.Add(what(told));
        return Task.CompletedTask;
    };

    private Task<TestEndpoint> Start(Action<RecoverabilitySettings> recoverability) => TestEndpoint.Start(
        configuration =>
        {
            configuration.AddHandler<PeelOrangeHandler>();
            recoverability(configuration.Recoverability());
        },
        services => services.AddSingleton(_attempts));

    internal sealed record PeelOrange;

    internal sealed class PeelOrangeHandler(Seen<string> attempts) : IHandleMessages<PeelOrange>
    {
        public Task Handle(PeelOrange message, IMessageHandlerContext context)
        {
            attempts.Add(context.MessageId);
            throw new InvalidOperationException("Sour.");
        }
    }
}
