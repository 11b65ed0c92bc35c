using Microsoft.Extensions.Logging.Testing;

namespace ShopSaga.Tests.Unit.Bus;

public class When_recoverability_decides
{
    private static readonly InvalidOperationException Failure = new("The bomb exploded.");

    [TestCase(1, 0, "ImmediateRetry 00:00:00")]
    [TestCase(2, 0, "ImmediateRetry 00:00:00")]
    [TestCase(3, 0, "DelayedRetry 00:00:04")]
    [TestCase(3, 1, "DelayedRetry 00:00:08")]
    [TestCase(1, 2, "ImmediateRetry 00:00:00")]
    [TestCase(3, 2, "Error 00:00:00")]
    [TestCase(3, 7, "Error 00:00:00")]
    public void Should_retry_at_once_then_later_then_give_up(int failures, int delayedRetries, string decision) =>
        Assert.That(Text(Settings().Decide(Failure, failures, delayedRetries, delayedRetriesExpired: false)), Is.EqualTo(decision));

    [Test]
    public void Should_retry_five_times_at_once_and_three_times_later_by_default()
    {
        var settings = new RecoverabilitySettings();

        Assert.That(Text(settings.Decide(Failure, 5, 0, false)), Is.EqualTo("ImmediateRetry 00:00:00"));
        Assert.That(
            Enumerable.Range(0, 4).Select(performed => Text(settings.Decide(Failure, 6, performed, false))),
            Is.EqualTo(new[] { "DelayedRetry 00:00:10", "DelayedRetry 00:00:20", "DelayedRetry 00:00:30", "Error 00:00:00" }));
    }

    [Test]
    public void Should_give_up_when_the_last_delayed_retry_was_long_ago() =>
        Assert.That(Settings().Decide(Failure, 3, 1, delayedRetriesExpired: true).Recovery, Is.EqualTo(Recovery.Error));

    [Test]
    public void Should_not_retry_what_is_named_unrecoverable_nor_what_derives_from_it()
    {
        var settings = Settings().AddUnrecoverableException<ArgumentException>();

        Assert.That(settings.Decide(new ArgumentNullException(), 1, 0, false).Recovery, Is.EqualTo(Recovery.Error));
        Assert.That(settings.Decide(new MessageDeserializationException("unreadable"), 1, 0, false).Recovery, Is.EqualTo(Recovery.Error));
        Assert.That(settings.Decide(new TimeoutException(), 1, 0, false).Recovery, Is.EqualTo(Recovery.ImmediateRetry));
    }

    [Test]
    public void Should_refuse_settings_that_make_no_sense()
    {
        var settings = new RecoverabilitySettings();

        Assert.That(() => settings.Immediate(retries => retries.NumberOfRetries(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => settings.Delayed(retries => retries.TimeIncrease(TimeSpan.Zero)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Should_cut_a_long_text_between_two_characters()
    {
        OutgoingOperation? failed = null;
        var types = new MessageTypes(new ConventionsBuilder());
        var recoverability = new Recoverability(
            Settings(),
            "Bombs",
            "error",
            new Dictionary<string, string>(),
            new HostIdentity(null, null),
            (operations, _) =>
            {
                failed = operations.Single();
                return Task.CompletedTask;
            },
            new ReceiveObserver("Bombs", types, (_, _) => "", reporter: null, TimeProvider.System),
            TimeProvider.System,
            new FakeLogger<Recoverability>());
        var message = new IncomingMessage
        {
            NativeId = "1",
            MessageId = "1",
            Headers = new Dictionary<string, string>(),
            Body = default,
            DeliveryAttempt = 1,
        };

        await recoverability.Recover(
            message, new MessageDeserializationException(new string('x', 16_383) + "💣"), CancellationToken.None);

        Assert.That(failed!.Headers["NServiceBus.ExceptionInfo.Message"], Is.EqualTo(new string('x', 16_383)));
    }

    private static RecoverabilitySettings Settings() => new RecoverabilitySettings()
        .Immediate(retries => retries.NumberOfRetries(2))
        .Delayed(retries => retries.NumberOfRetries(2).TimeIncrease(TimeSpan.FromSeconds(4)));

    private static string Text(RecoverabilityDecision decision) => $"{decision.Recovery} {decision.Delay}";
}
