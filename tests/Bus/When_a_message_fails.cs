using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;
using Headers = ShopSaga.Bus.Headers;

namespace ShopSaga.Tests.Bus;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_message_fails
{
    private readonly Seen<Attempt> _attempts = new();

    [Test]
    public async Task Should_try_again_at_once_and_succeed()
    {
        await using var endpoint = await Start(immediate: 3, delayed: 0);
        await Broker.Send(endpoint.Name, new DefuseBomb("twice"), "bomb");

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'bomb' and \"Dispatched\"") == 1, "handled in the end");
        Assert.That(_attempts.All.Select(attempt => attempt.DelayedRetries), Is.EqualTo(new[] { "", "", "" }), "two failures, one success");
        Assert.That(await endpoint.QueryAll<int>("select 1 from effects"), Has.Count.EqualTo(1), "what the failed attempts wrote is gone");
    }

    [Test]
    public async Task Should_try_immediately_then_later_then_move_to_the_error_queue()
    {
        await using var endpoint = await Start(immediate: 2, delayed: 2);
        await Broker.Send(endpoint.Name, new DefuseBomb("always"), "bomb");
        var failed = await endpoint.NextFailed();

        Assert.That(
            _attempts.All.Select(attempt => attempt.DelayedRetries),
            Is.EqualTo(new[] { "", "", "", "1", "1", "1", "2", "2", "2" }),
            "three deliveries, then three more after each delay");
        Assert.That(_attempts.All.Select(attempt => attempt.MessageId), Has.All.EqualTo("bomb"));
        var rounds = _attempts.All.Chunk(3).ToList();
        Assert.That(rounds[1][0].At - rounds[0][2].At, Is.GreaterThan(TimeSpan.FromSeconds(0.9)));
        Assert.That(rounds[2][0].At - rounds[1][2].At, Is.GreaterThan(TimeSpan.FromSeconds(1.9)), "each delay is longer by the increase");
        Assert.That(failed.Headers, Does.ContainKey(Headers.DelayedRetriesTimestamp));
        Assert.That(failed.Headers, Does.Not.ContainKey(Headers.DelayedRetries), "so that a replay starts to count anew");
        Assert.That(await endpoint.QueryAll<int>("select 1 from effects"), Is.Empty);
    }

    [Test]
    public async Task Should_carry_the_failure_in_the_headers_of_the_message_in_the_error_queue()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await Broker.Send(
            endpoint.Name, new DefuseBomb("always"), "bomb", new Dictionary<string, string> { ["colour of the wire"] = "red" });
        var failed = await endpoint.NextFailed();

        Assert.That(Wire.Names(failed), Is.EquivalentTo(new[]
        {
            "$.diagnostics.hostdisplayname",
            "$.diagnostics.hostid",
            "NServiceBus.ContentType",
            "NServiceBus.ConversationId",
            "NServiceBus.EnclosedMessageTypes",
            "NServiceBus.ExceptionInfo.Data.Handler canceled",
            "NServiceBus.ExceptionInfo.Data.Handler failure time",
            "NServiceBus.ExceptionInfo.Data.Handler start time",
            "NServiceBus.ExceptionInfo.Data.Handler type",
            "NServiceBus.ExceptionInfo.Data.Message ID",
            "NServiceBus.ExceptionInfo.Data.Message type",
            "NServiceBus.ExceptionInfo.Data.Pipeline canceled",
            "NServiceBus.ExceptionInfo.Data.wire",
            "NServiceBus.ExceptionInfo.ExceptionType",
            "NServiceBus.ExceptionInfo.InnerExceptionType",
            "NServiceBus.ExceptionInfo.Message",
            "NServiceBus.ExceptionInfo.Source",
            "NServiceBus.ExceptionInfo.StackTrace",
            "NServiceBus.FailedQ",
            "NServiceBus.MessageId",
            "NServiceBus.MessageIntent",
            "NServiceBus.ProcessingEndpoint",
            "NServiceBus.ProcessingMachine",
            "NServiceBus.TimeOfFailure",
            "colour of the wire",
        }));
        Assert.That(failed.Headers["NServiceBus.FailedQ"], Is.EqualTo(endpoint.Name));
        Assert.That(failed.Headers["NServiceBus.TimeOfFailure"], Does.Match(Wire.Timestamp));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Is.EqualTo("System.InvalidOperationException"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.InnerExceptionType"], Is.EqualTo("System.TimeoutException"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Is.EqualTo("The bomb exploded."));
        Assert.That(
            failed.Headers["NServiceBus.ExceptionInfo.StackTrace"], Does.StartWith("System.InvalidOperationException: The bomb exploded."));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.StackTrace"], Does.Contain("DefuseBombHandler.Handle"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Data.wire"], Is.EqualTo("blue"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Data.Handler type"], Does.EndWith("DefuseBombHandler"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Data.Handler failure time"], Does.Match(Wire.Timestamp));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Data.Handler canceled"], Is.EqualTo("False"));
        Assert.That(failed.Headers[Headers.HostId], Is.EqualTo(TestEndpoint.HostId));
        Assert.That(failed.Headers[Headers.ProcessingEndpoint], Is.EqualTo(endpoint.Name));
        Assert.That(failed.Headers[Headers.MessageId], Is.EqualTo("bomb"));
        Assert.That(failed.Properties.MessageId, Is.EqualTo("bomb"));
        Assert.That(failed.Body, Is.EqualTo("""{"Explodes":"always"}"""));
    }

    [Test]
    public async Task Should_continue_where_it_stood_when_a_failed_message_is_returned()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await Broker.Send(endpoint.Name, new DefuseBomb("once"), "bomb");
        var failed = await endpoint.NextFailed();
        await Broker.Publish(
            failed.Headers["NServiceBus.FailedQ"],
            new BasicProperties { MessageId = failed.Properties.MessageId },
            failed.Headers,
            failed.Body);

        await Eventually.Is(async () => await endpoint.Count("\"MessageId\" = 'bomb'") == 1, "handled");
        Assert.That(_attempts.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task Should_not_retry_what_cannot_be_recovered()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<DefuseBombHandler>();
                configuration.Recoverability().AddUnrecoverableException<InvalidOperationException>()
                    .Immediate(retries => retries.NumberOfRetries(5)).Delayed(retries => retries.NumberOfRetries(3));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table effects (n int)");
        await Broker.Send(endpoint.Name, new DefuseBomb("always"));
        await endpoint.NextFailed();

        Assert.That(_attempts.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Should_send_nothing()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await using var exploded = await Tap.On<EventBombExploded>();
        await Broker.Send(endpoint.Name, new DefuseBomb("always"));
        await endpoint.NextFailed();

        Assert.That(exploded.Count, Is.Zero);
    }

    [Test]
    public async Task Should_count_deliveries_to_another_consumer_that_rejected_it_before()
    {
        await using var endpoint = await Start(immediate: 3, delayed: 0);
        await endpoint.Stop();
        await Broker.Send(endpoint.Name, new DefuseBomb("always"), "bomb");
        await using (var channel = await Broker.NewChannel())
        {
            for (var delivery = 1; delivery <= 2; delivery++)
            {
                var taken = await Eventually.Get(
                    () => channel.BasicGetAsync(endpoint.Name, autoAck: false), message => message is not null, "the message");
                await channel.BasicRejectAsync(taken!.DeliveryTag, requeue: true);
            }
        }

        await endpoint.Start();
        await endpoint.NextFailed();

        Assert.That(_attempts.Count, Is.EqualTo(2), "the third and the fourth of four deliveries");
    }

    [Test]
    public async Task Should_be_patient_by_default()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<DefuseBombHandler>();
                configuration.Recoverability()
                    .Delayed(
                        retries => retries.NumberOfRetries(new DelayedRetriesSettings().Retries).TimeIncrease(TimeSpan.FromSeconds(1)));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table effects (n int)");
        await Broker.Send(endpoint.Name, new DefuseBomb("always"), "bomb");
        await endpoint.NextFailed();

        Assert.That(
            _attempts.All.GroupBy(attempt => attempt.DelayedRetries).Select(round => (round.Key, round.Count())),
            Is.EqualTo(new[] { ("", 6), ("1", 6), ("2", 6), ("3", 6) }));
        Assert.That(new DelayedRetriesSettings().Increase, Is.EqualTo(TimeSpan.FromSeconds(10)));
    }

    [TestCase("1", 25, false, TestName = "Should_not_try_later_again_what_was_last_tried_more_than_a_day_ago")]
    [TestCase("1", 23, true, TestName = "Should_try_later_again_what_was_last_tried_within_a_day")]
    [TestCase("many", 1, true, TestName = "Should_count_retries_from_zero_when_their_number_cannot_be_read")]
    public async Task Should_look_at_the_last_delayed_retry(string performed, int hoursAgo, bool again)
    {
        await using var endpoint = await Start(immediate: 0, delayed: 2);
        await using var delayed = await DelayTap.On(endpoint.Name);
        var last = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(hoursAgo);
        await Broker.Publish(
            endpoint.Name,
            new BasicProperties { MessageId = "native" },
            new Dictionary<string, string>
            {
                [Headers.MessageId] = "bomb",
                [Headers.EnclosedMessageTypes] = typeof(DefuseBomb).FullName!,
                [Headers.DeliverAt] = "2026-11-22 05:59:28:026332 Z",
                [Headers.DelayedRetries] = performed,
                [Headers.DelayedRetriesTimestamp] = last.UtcDateTime.ToString(
                    "yyyy-MM-dd HH:mm:ss:ffffff 'Z'", CultureInfo.InvariantCulture),
            },
            """{"Explodes":"always"}""");
        if (again)
        {
            var copy = await delayed.Next();
            Assert.That(copy.Headers[Headers.DelayedRetries], Is.EqualTo(performed == "1" ? "2" : "1"));
            Assert.That(
                Wire.Time(copy.Headers[Headers.DelayedRetriesTimestamp]),
                Is.GreaterThan(last + TimeSpan.FromMinutes(30)),
                "the clock starts again");
            Assert.That(
                copy.Headers["NServiceBus.Transport.RabbitMQ.DelayInSeconds"],
                Is.EqualTo(copy.Headers[Headers.DelayedRetries]),
                "1 s more each time");
            Assert.That(copy.Properties.MessageId, Is.EqualTo("bomb"));
            Assert.That(copy.Headers[Headers.DeliverAt], Is.EqualTo("2026-11-22 05:59:28:026332 Z"), "as it was at first");
        }
        else
        {
            await endpoint.NextFailed();
            Assert.That(delayed.Count, Is.Zero);
        }
    }

    [Test]
    public async Task Should_treat_exceptions_derived_from_an_unrecoverable_one_alike_and_cut_a_long_message()
    {
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<DefuseBombHandler>();
                configuration.Recoverability().AddUnrecoverableException<ArgumentException>()
                    .Delayed(retries => retries.NumberOfRetries(3));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table effects (n int)");
        await Broker.Send(endpoint.Name, new DefuseBomb("derived"));
        var failed = await endpoint.NextFailed();

        Assert.That(_attempts.Count, Is.EqualTo(1));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.ExceptionType"], Is.EqualTo("System.ArgumentNullException"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Has.Length.EqualTo(16_384));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.StackTrace"], Has.Length.GreaterThan(20_000));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.HelpLink"], Is.EqualTo("https://bombs.example"));
    }

    [Test]
    public async Task Should_move_it_to_the_error_queue_however_much_there_is_to_say_of_the_failure()
    {
        await using var endpoint = await Start(immediate: 0, delayed: 0);
        await Broker.Send(endpoint.Name, new DefuseBomb("at length"), "bomb");
        var failed = await endpoint.NextFailed();

        Assert.That(failed.Properties.MessageId, Is.EqualTo("bomb"));
        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.StackTrace"], Does.StartWith("System.InvalidOperationException: xxx"));
    }

    private async Task<TestEndpoint> Start(int immediate, int delayed)
    {
        var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<DefuseBombHandler>();
                configuration.Recoverability()
                    .Immediate(retries => retries.NumberOfRetries(immediate))
                    .Delayed(retries => retries.NumberOfRetries(delayed).TimeIncrease(TimeSpan.FromSeconds(1)));
            },
            services => services.AddSingleton(_attempts));
        await endpoint.Execute("create table effects (n int)");
        return endpoint;
    }

    internal sealed record Attempt(string MessageId, string DelayedRetries, DateTimeOffset At);

    internal sealed record DefuseBomb(string Explodes);

    internal sealed record EventBombExploded;

    internal sealed class DefuseBombHandler(Seen<Attempt> attempts) : IHandleMessages<DefuseBomb>
    {
        public async Task Handle(DefuseBomb message, IMessageHandlerContext context)
        {
            var retries = context.MessageHeaders.GetValueOrDefault(Headers.DelayedRetries) ?? "";
            attempts.Add(new Attempt(context.MessageId, retries, TimeProvider.System.GetUtcNow()));
            await context.Execute("insert into effects values (1)");
            await context.Publish(new EventBombExploded());
            if (message.Explodes == "derived")
            {
                throw new ArgumentNullException(new string('x', 20_000), innerException: null) { HelpLink = "https://bombs.example" };
            }

            if (message.Explodes == "at length")
            {
                throw new InvalidOperationException(new string('x', 200_000)) { Data = { ["wire"] = new string('y', 200_000) } };
            }

            if (message.Explodes == "always" || attempts.Count <= (message.Explodes == "twice" ? 2 : 1))
            {
                throw new InvalidOperationException("The bomb exploded.", new TimeoutException()) { Data = { ["wire"] = "blue" } };
            }
        }
    }
}
