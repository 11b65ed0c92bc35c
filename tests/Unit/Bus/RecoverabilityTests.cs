namespace ShopSaga.Tests.Unit.Bus;

public class RecoverabilityTests
{
    private static readonly InvalidOperationException Failure = new("The bomb exploded.");

    [TestCase(1, 0, "ImmediateRetry { }")]
    [TestCase(2, 0, "ImmediateRetry { }")]
    [TestCase(3, 0, "DelayedRetry { Delay = 00:00:04 }")]
    [TestCase(3, 1, "DelayedRetry { Delay = 00:00:08 }")]
    [TestCase(1, 2, "ImmediateRetry { }")]
    [TestCase(3, 2, "MoveToError { ErrorQueue = failures }")]
    [TestCase(3, 7, "MoveToError { ErrorQueue = failures }")]
    public void Should_retry_at_once_then_later_then_give_up(int failures, int delayedRetries, string decision) =>
        Assert.That(Decide(Settings(), Failure, failures, delayedRetries).ToString(), Is.EqualTo(decision));

    [Test]
    public void Should_retry_five_times_at_once_and_three_times_later_by_default()
    {
        var settings = new RecoverabilitySettings();

        Assert.That(Decide(settings, Failure, 5, 0), Is.EqualTo(RecoverabilityAction.ImmediateRetry()));
        Assert.That(
            Enumerable.Range(0, 4).Select(performed => Decide(settings, Failure, 6, performed)),
            Is.EqualTo(new RecoverabilityAction[]
            {
                RecoverabilityAction.DelayedRetry(TimeSpan.FromSeconds(10)),
                RecoverabilityAction.DelayedRetry(TimeSpan.FromSeconds(20)),
                RecoverabilityAction.DelayedRetry(TimeSpan.FromSeconds(30)),
                RecoverabilityAction.MoveToError("failures"),
            }));
    }

    [Test]
    public void Should_not_retry_what_is_named_unrecoverable_nor_what_derives_from_it()
    {
        var unrecoverable = typeof(ArgumentException);
        var settings = Settings().AddUnrecoverableException(unrecoverable);

        Assert.That(Decide(settings, new ArgumentNullException(), 1, 0), Is.EqualTo(RecoverabilityAction.MoveToError("failures")));
        Assert.That(Decide(settings, new MessageDeserializationException(), 1, 0), Is.EqualTo(RecoverabilityAction.MoveToError("failures")));
        Assert.That(Decide(settings, new TimeoutException(), 1, 0), Is.EqualTo(RecoverabilityAction.ImmediateRetry()));
    }

    [Test]
    public void Should_refuse_settings_that_make_no_sense()
    {
        var settings = new RecoverabilitySettings();

        Assert.That(() => settings.AddUnrecoverableException(typeof(string)), Throws.ArgumentException.With.Message.Contains("System.String"));
        Assert.That(() => settings.OnConsecutiveFailures(0, new RateLimitSettings()), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => settings.Immediate(retries => retries.NumberOfRetries(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => settings.Delayed(retries => retries.TimeIncrease(TimeSpan.Zero)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Should_limit_the_rate_only_when_told_to_and_pause_for_a_second_by_default()
    {
        var settings = new RecoverabilitySettings();
        Assert.That(settings.ConsecutiveFailures, Is.Null);

        settings.OnConsecutiveFailures(7, new RateLimitSettings());

        Assert.That(settings.ConsecutiveFailures!.Number, Is.EqualTo(7));
        Assert.That(settings.ConsecutiveFailures.RateLimit.Wait, Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    private static RecoverabilitySettings Settings() => new RecoverabilitySettings()
        .Immediate(retries => retries.NumberOfRetries(2))
        .Delayed(retries => retries.NumberOfRetries(2).TimeIncrease(TimeSpan.FromSeconds(4)));

    private static RecoverabilityAction Decide(RecoverabilitySettings settings, Exception failure, int failures, int delayedRetries) => settings.Policy(
        settings.ConfigFor("failures"),
        new ErrorContext(
            new IncomingMessage { NativeId = "1", MessageId = "1", Headers = new Dictionary<string, string>(), Body = default, DeliveryAttempt = failures },
            failure,
            "Sales")
        {
            DelayedDeliveriesPerformed = delayedRetries,
        });
}
