namespace ShopSaga.Tests.Unit.Bus;

public class When_a_saga_is_tested
{
    private static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly TestableSaga<ParcelPolicy, ParcelData> _saga = new(initialCurrentTime: Noon);

    [Test]
    public async Task Should_start_a_saga_with_id_originator_and_correlation_value()
    {
        var context = new TestableMessageHandlerContext { MessageId = "message 1", ReplyToAddress = "the shop" };

        var result = await _saga.Handle(new ParcelSent("7"), context);

        Assert.That(result!.SagaId, Is.Not.EqualTo(Guid.Empty));
        Assert.That(result.SagaDataSnapshot.Id, Is.EqualTo(result.SagaId));
        Assert.That(result.SagaDataSnapshot.ParcelId, Is.EqualTo("7"));
        Assert.That(result.SagaDataSnapshot.Originator, Is.EqualTo("the shop"));
        Assert.That(result.SagaDataSnapshot.OriginalMessageId, Is.EqualTo("message 1"));
        Assert.That(result.Completed, Is.False);
        Assert.That(result.Context, Is.SameAs(context));
    }

    [Test]
    public async Task Should_find_the_same_saga_by_its_correlation_value_and_another_by_another()
    {
        var first = await _saga.Handle(new ParcelSent("7"));
        var again = await _saga.Handle(new ParcelSeen("7", "Busan"));
        var other = await _saga.Handle(new ParcelSent("8"));

        Assert.That(again!.SagaId, Is.EqualTo(first!.SagaId));
        Assert.That(again.SagaDataSnapshot.Stops, Is.EqualTo(new[] { "Busan" }));
        Assert.That(other!.SagaId, Is.Not.EqualTo(first.SagaId));
        Assert.That(other.SagaDataSnapshot.Stops, Is.Empty);
    }

    [Test]
    public async Task Should_give_the_data_back_as_the_database_would_which_stores_no_defaults()
    {
        await _saga.Handle(new ParcelSent("7"));
        var cleared = await _saga.Handle(new CustomsAnswer("7", true));

        Assert.That(
            cleared!.SagaDataSnapshot.Held, Is.True, "false is not stored, and what is not stored comes back as a new object has it");
    }

    [Test]
    public async Task Should_use_a_new_saga_object_for_each_message()
    {
        var made = 0;
        var saga = new TestableSaga<ParcelPolicy, ParcelData>(() =>
        {
            made++;
            return new ParcelPolicy();
        });
        await saga.Handle(new ParcelSent("7"));
        var afterOne = made;
        await saga.Handle(new ParcelSeen("7", "Busan"));

        Assert.That(made, Is.EqualTo(afterOne + 1));
    }

    [Test]
    public async Task Should_keep_snapshots_apart_from_what_happens_later()
    {
        await _saga.Handle(new ParcelSent("7"));
        var early = await _saga.Handle(new ParcelSeen("7", "Busan"));
        early!.SagaDataSnapshot.Stops.Add("nowhere");
        var late = await _saga.Handle(new ParcelSeen("7", "Seoul"));

        Assert.That(early.SagaDataSnapshot.Stops, Is.EqualTo(new[] { "Busan", "nowhere" }));
        Assert.That(late!.SagaDataSnapshot.Stops, Is.EqualTo(new[] { "Busan", "Seoul" }));
    }

    [Test]
    public void Should_say_that_no_saga_was_found_for_a_message_that_starts_none() =>
        Assert.That(
            () => _saga.Handle(new ParcelSeen("7", "Busan")),
            Throws.InvalidOperationException.With.Message.Contains("not found"));

    [Test]
    public void Should_refuse_a_message_that_the_saga_does_not_handle() =>
        Assert.That(() => _saga.Handle(new Unknown()), Throws.InvalidOperationException.With.Message.Contains("IHandleMessages<Unknown>"));

    [Test]
    public async Task Should_forget_a_completed_saga()
    {
        var first = await _saga.Handle(new ParcelSent("7"));
        var end = await _saga.Handle(new ParcelDelivered("7"));

        Assert.That(end!.Completed);
        Assert.That(() => _saga.Handle(new ParcelDelivered("7")), Throws.InvalidOperationException);
        Assert.That((await _saga.Handle(new ParcelSent("7")))!.SagaId, Is.Not.EqualTo(first!.SagaId));
    }

    [Test]
    public async Task Should_store_nothing_when_the_handler_throws()
    {
        await _saga.Handle(new ParcelSent("7"));

        Assert.That(() => _saga.Handle(new ParcelSeen("7", "Atlantis")), Throws.TypeOf<NotSupportedException>());
        Assert.That((await _saga.Handle(new ParcelSeen("7", "Seoul")))!.SagaDataSnapshot.Stops, Is.EqualTo(new[] { "Seoul" }));
    }

    [Test]
    public async Task Should_refuse_a_saga_that_changes_its_correlation_value()
    {
        await _saga.Handle(new ParcelSent("7"));

        Assert.That(
            () => _saga.Handle(new ParcelRelabelled("7", "8")),
            Throws.InvalidOperationException.With.Message.Contains(nameof(ParcelData.ParcelId)));
    }

    [Test]
    public async Task Should_fire_a_timeout_when_its_time_has_come_and_not_before()
    {
        var start = await _saga.Handle(new ParcelSent("7"));
        Assert.That(start!.FindTimeoutMessage<LostAfter>(), Is.Not.Null);
        Assert.That(start.Context.TimeoutMessages.Single().Within, Is.EqualTo(TimeSpan.FromDays(3)));

        Assert.That(await _saga.AdvanceTime(TimeSpan.FromDays(2)), Is.Empty);
        Assert.That(_saga.CurrentTime, Is.EqualTo(Noon.AddDays(2)));

        var fired = await _saga.AdvanceTime(TimeSpan.FromDays(1));

        Assert.That(fired.Single().SagaId, Is.EqualTo(start.SagaId));
        Assert.That(fired.Single().FindPublishedMessage<ParcelLost>(), Is.EqualTo(new ParcelLost("7")));
        Assert.That(fired.Single().Completed);
        Assert.That(await _saga.AdvanceTime(TimeSpan.FromDays(30)), Is.Empty);
    }

    [Test]
    public async Task Should_fire_timeouts_in_order_of_time_and_move_the_clock_to_each()
    {
        await _saga.Handle(new ParcelSent("late"));
        await _saga.AdvanceTime(TimeSpan.FromHours(5));
        await _saga.Handle(new ParcelSent("early"));
        await _saga.Handle(new ReminderWanted("early", Noon.AddHours(6)));
        await _saga.Handle(new ReminderWanted("late", Noon.AddHours(8)));
        await _saga.Handle(new ReminderWanted("late", Noon.AddHours(7)));
        var clock = new List<DateTime>();

        var fired = await _saga.AdvanceTime(TimeSpan.FromHours(3), _ =>
        {
            clock.Add(_saga.CurrentTime);
            return new TestableMessageHandlerContext();
        });

        Assert.That(fired.Select(result => result.SagaDataSnapshot.ParcelId), Is.EqualTo(new[] { "early", "late", "late" }));
        Assert.That(clock, Is.EqualTo(new[] { Noon.AddHours(6), Noon.AddHours(7), Noon.AddHours(8) }));
        Assert.That(_saga.CurrentTime, Is.EqualTo(Noon.AddHours(8)));
    }

    [Test]
    public async Task Should_leave_timeouts_asked_for_while_time_passes_to_the_next_call()
    {
        await _saga.Handle(new ParcelSent("7"));
        await _saga.Handle(new ReminderWanted("7", Noon.AddHours(1)));

        Assert.That(await _saga.AdvanceTime(TimeSpan.FromHours(10)), Has.Length.EqualTo(1));
        Assert.That(await _saga.AdvanceTime(TimeSpan.Zero), Has.Length.EqualTo(1), "the reminder repeats after an hour");
    }

    [Test]
    public async Task Should_ignore_the_timeouts_of_a_completed_saga()
    {
        await _saga.Handle(new ParcelSent("7"));
        await _saga.Handle(new ParcelDelivered("7"));

        Assert.That(await _saga.AdvanceTime(TimeSpan.FromDays(3)), Is.Empty);
    }

    [Test]
    public async Task Should_deliver_to_itself_what_it_sent_to_be_delivered_later()
    {
        await _saga.Handle(new ParcelSent("7"));
        await _saga.Handle(new ParcelSeen("7", "customs"));
        Assert.That(await _saga.AdvanceTime(TimeSpan.FromHours(23)), Is.Empty);

        var later = (await _saga.AdvanceTime(TimeSpan.FromHours(1))).Single();

        Assert.That(later.SagaDataSnapshot.Stops, Is.EqualTo(new[] { "customs", "Busan" }));
    }

    [Test]
    public async Task Should_stop_between_two_when_it_is_cancelled()
    {
        await _saga.Handle(new ParcelSent("7"));
        await _saga.Handle(new ReminderWanted("7", Noon.AddHours(1)));
        await _saga.Handle(new ReminderWanted("7", Noon.AddHours(2)));
        using var cancel = new CancellationTokenSource();

        Assert.That(
            () => _saga.AdvanceTime(
                TimeSpan.FromHours(3),
                _ =>
                {
                    cancel.Cancel();
                    return new TestableMessageHandlerContext();
                },
                cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_saga.CurrentTime, Is.EqualTo(Noon.AddHours(1)));
    }

    [Test]
    public async Task Should_find_the_messages_that_the_saga_sent()
    {
        await _saga.Handle(new ParcelSent("7"));
        var sent = await _saga.Handle(new ParcelSeen("7", "border"));

        Assert.That(sent!.FindSentMessage<AskCustoms>(), Is.EqualTo(new AskCustoms("7")));
        Assert.That(sent.FindSentMessage<Reminder>(), Is.Null);
    }

    [Test]
    public async Task Should_handle_a_message_as_the_type_that_is_said()
    {
        object message = new ParcelSent("7");

        Assert.That(() => _saga.Handle(message), Throws.InvalidOperationException.With.Message.Contains("IHandleMessages<Object>"));
        Assert.That(await _saga.Handle((ParcelSent)message), Is.Not.Null);
    }

    [Test]
    public async Task Should_know_nothing_of_the_sagas_of_another_and_start_in_the_present()
    {
        await _saga.Handle(new ParcelSent("7"));
        var before = TimeProvider.System.GetUtcNow().UtcDateTime;
        var another = new TestableSaga<ParcelPolicy, ParcelData>();

        Assert.That(another.CurrentTime, Is.InRange(before, TimeProvider.System.GetUtcNow().UtcDateTime));
        Assert.That(
            () => another.Handle(new ParcelSeen("7", "Busan")), Throws.InvalidOperationException.With.Message.Contains("not found"));
    }

    [Test]
    public async Task Should_discard_what_is_addressed_to_a_saga_that_is_gone()
    {
        var headers = new Dictionary<string, string> { [Headers.SagaId] = Guid.NewGuid().ToString() };

        Assert.That(await _saga.Handle(new ParcelSent("7"), headers: headers), Is.Null);
    }

    [Test]
    public void Should_not_let_a_saga_ask_for_a_timeout_that_it_does_not_handle() => Assert.That(
        () => _saga.Handle(new ParcelMislaid("7")),
        Throws.InvalidOperationException.With.Message.Contains($"does not implement IHandleTimeouts<{nameof(Unknown)}>"));

    [Test]
    public void Should_refuse_a_saga_without_correlation_property() =>
        Assert.That(() => new TestableSaga<UnmappedPolicy, ParcelData>(), Throws.InvalidOperationException);

    [Test]
    public async Task Should_show_the_handler_the_headers_of_the_message()
    {
        var result = await _saga.Handle(new ParcelSent("7"), headers: new Dictionary<string, string> { ["colour"] = "blue" });

        Assert.That(result!.Context.MessageHeaders["colour"], Is.EqualTo("blue"));
    }

    private sealed record ParcelSent(string ParcelId);

    private sealed record ParcelMislaid(string ParcelId);

    private sealed record ParcelSeen(string ParcelId, string Where);

    private sealed record ParcelRelabelled(string ParcelId, string NewId);

    private sealed record ParcelDelivered(string ParcelId);

    private sealed record ParcelLost(string ParcelId);

    private sealed record ReminderWanted(string ParcelId, DateTime At);

    private sealed record AskCustoms(string ParcelId);

    private sealed record CustomsAnswer(string ParcelId, bool Cleared);

    private sealed record LostAfter;

    private sealed record Reminder;

    private sealed record Unknown;

    private sealed class ParcelData : ContainSagaData
    {
        public string ParcelId { get; set; } = "";

        public List<string> Stops { get; set; } = [];

        public bool Cleared { get; set; }

        public bool Held { get; set; } = true;
    }

    private sealed class ParcelPolicy :
        Saga<ParcelData>,
        IAmStartedByMessages<ParcelSent>,
        IAmStartedByMessages<ParcelMislaid>,
        IHandleMessages<ParcelSeen>,
        IHandleMessages<ParcelRelabelled>,
        IHandleMessages<ParcelDelivered>,
        IHandleMessages<ReminderWanted>,
        IHandleMessages<CustomsAnswer>,
        IHandleTimeouts<LostAfter>,
        IHandleTimeouts<Reminder>
    {
        public Task Handle(ParcelSent message, IMessageHandlerContext context) =>
            RequestTimeout<LostAfter>(context, TimeSpan.FromDays(3));

        public Task Handle(ParcelMislaid message, IMessageHandlerContext context) => RequestTimeout<Unknown>(context, TimeSpan.FromDays(3));

        public async Task Handle(ParcelSeen message, IMessageHandlerContext context)
        {
            Data.Stops.Add(message.Where);
            await (message.Where switch
            {
                "customs" => context.Send(new ParcelSeen(Data.ParcelId, "Busan"), ToItselfTomorrow()),
                "Atlantis" => throw new NotSupportedException("No such place."),
                "border" => context.Send("Customs", new AskCustoms(Data.ParcelId)),
                _ => Task.CompletedTask,
            });
        }

        public Task Handle(ParcelRelabelled message, IMessageHandlerContext context)
        {
            Data.ParcelId = message.NewId;
            return Task.CompletedTask;
        }

        public Task Handle(ParcelDelivered message, IMessageHandlerContext context)
        {
            MarkAsComplete();
            return Task.CompletedTask;
        }

        public Task Handle(ReminderWanted message, IMessageHandlerContext context) =>
            RequestTimeout<Reminder>(context, new DateTimeOffset(message.At));

        public Task Handle(CustomsAnswer message, IMessageHandlerContext context)
        {
            Data.Cleared = message.Cleared;
            Data.Held = !message.Cleared;
            return Task.CompletedTask;
        }

        public Task Timeout(LostAfter state, IMessageHandlerContext context)
        {
            MarkAsComplete();
            return context.Publish(new ParcelLost(Data.ParcelId));
        }

        public Task Timeout(Reminder state, IMessageHandlerContext context) =>
            RequestTimeout<Reminder>(context, TimeSpan.FromHours(1));

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ParcelData> mapper)
        {
            mapper.MapSaga(saga => saga.ParcelId)
                .ToMessage<ParcelSent>(message => message.ParcelId)
                .ToMessage<ParcelMislaid>(message => message.ParcelId)
                .ToMessage<ParcelSeen>(message => message.ParcelId)
                .ToMessage<ParcelRelabelled>(message => message.ParcelId)
                .ToMessage<ParcelDelivered>(message => message.ParcelId)
                .ToMessage<CustomsAnswer>(message => message.ParcelId)
                .ToMessage<ReminderWanted>(message => message.ParcelId);
        }

        private static SendOptions ToItselfTomorrow()
        {
            var options = new SendOptions();
            options.RouteToThisEndpoint();
            options.DelayDeliveryWith(TimeSpan.FromDays(1));
            return options;
        }
    }

    private sealed class UnmappedPolicy : Saga<ParcelData>
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ParcelData> mapper)
        {
        }
    }
}
