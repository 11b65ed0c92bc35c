using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Crashing;

/// <summary>
/// Every point at which a process can die, on the real servers: after a new process has started, the effect is there exactly once, each
/// message has left under one id, and nothing is left to be dispatched.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_process_is_killed
{
    private TestEndpoint _endpoint = null!;

    private static readonly string[] Points = [.. Enum.GetNames<CrashPoint>(), Crash.InHandler];

    [SetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration => Warehouse.Configure(configuration, Crash.None), services => Warehouse.Add(services, Crash.None));
        await _endpoint.Execute(Warehouse.Schema);
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [TestCaseSource(nameof(Points))]
    public async Task Should_handle_a_message_exactly_once(string where)
    {
        await _endpoint.Stop();
        await using var events = await Tap.On<Warehouse.EventMoved>();
        var box = $"box of {_endpoint.Name}";
        await Broker.Send(_endpoint.Name, new Warehouse.Pack(box), "the message");
        await Program.RunUntilKilled(_endpoint.Name, where);
        await _endpoint.Start();

        await HasEffects(box, "label", "pack");
        await AssertEvents(events, box);
        await AssertNothingIsLeft();
    }

    [TestCaseSource(nameof(Points))]
    public async Task Should_change_a_saga_exactly_once(string where)
    {
        var pile = $"pile of {_endpoint.Name}";
        await Broker.Send(_endpoint.Name, new Warehouse.Stack(pile), "the first message");
        await HasEffects(pile, "label", "stack");
        await _endpoint.Stop();
        await using var events = await Tap.On<Warehouse.EventMoved>();
        await Broker.Send(_endpoint.Name, new Warehouse.Stack(pile), "the message");
        await Program.RunUntilKilled(_endpoint.Name, where);
        await _endpoint.Start();

        await HasEffects(pile, "label", "label", "stack", "stack");
        await AssertEvents(events, pile);
        Assert.That(
            await _endpoint.Query<string>($"select \"Data\"->>'Height' || ', ' || \"Concurrency\" from \"{_endpoint.Name}_PilePolicy\""),
            Is.EqualTo("2, 2"));
        await AssertNothingIsLeft();
    }

    [Test]
    public async Task Should_have_done_nothing_when_a_session_was_not_committed()
    {
        await _endpoint.Stop();
        await using var events = await Tap.On<Warehouse.EventMoved>();
        await Program.RunUntilKilled(_endpoint.Name, nameof(CrashPoint.BeforeCommit), "pallet");
        await _endpoint.Start();

        await HasEffects("pallet");
        Assert.That(Of(events, "pallet"), Is.Empty);
        await AssertNothingIsLeft();
    }

    [TestCase(nameof(CrashPoint.Committed))]
    [TestCase(nameof(CrashPoint.Dispatching))]
    [TestCase(nameof(CrashPoint.Dispatched))]
    public async Task Should_send_what_a_session_committed(string where)
    {
        await _endpoint.Stop();
        await using var events = await Tap.On<Warehouse.EventMoved>();
        var pallet = $"pallet of {_endpoint.Name}";
        await Program.RunUntilKilled(_endpoint.Name, where, pallet);
        Assert.That(await _endpoint.Count("not \"Dispatched\""), Is.EqualTo(1), "the session's record");
        await _endpoint.Start();

        await HasEffects(pallet, "label", "order");
        await AssertEvents(events, pallet);
        await AssertNothingIsLeft();
    }

    /// <summary>
    /// Waits for the effects, and until the messages that the crash left in the queue are handled; then there must be no more effects.
    /// </summary>
    private async Task HasEffects(string of, params string[] expected)
    {
        await Eventually.Is(async () => (await Effects(of)).Count >= expected.Length, $"effects {string.Join(", ", expected)} of {of}");
        for (var round = 1; round <= 2; round++)
        {
            // One at a time is handled, so what is behind all others is handled last; the second follows what the first round has sent.
            var last = $"last of round {round} in {Guid.NewGuid()}";
            await Broker.Send(_endpoint.Name, new Warehouse.Label(last));
            await Eventually.Is(async () => (await Effects(last)).Count == 1, "the queue is worked off");
        }

        Assert.That(await Effects(of), Is.EqualTo(expected));
    }

    private Task<IReadOnlyList<string>> Effects(string of) => _endpoint.QueryAll<string>(
        "select what from effects where of = @of order by what", new { of });

    /// <summary>Copies are allowed where a crash hid that a message had left; they carry the same id.</summary>
    private static async Task AssertEvents(Tap tap, string of)
    {
        // They leave beside the messages that have the effects, and arrive by another way.
        await Eventually.Is(() => Of(tap, of).Select(moved => moved.Body).Distinct().Count() >= Warehouse.Events, "each event has arrived");
        var events = Of(tap, of);
        Assert.That(events.Select(moved => moved.Body).Distinct().Count(), Is.EqualTo(Warehouse.Events), "each event");
        Assert.That(
            events.Select(moved => moved.Headers[Headers.MessageId]).Distinct().Count(), Is.EqualTo(Warehouse.Events), "with one id each");
        Assert.That(
            events.Select(moved => moved.Properties.MessageId), Is.EqualTo(events.Select(moved => moved.Headers[Headers.MessageId])));
    }

    private static List<Delivery> Of(Tap tap, string of) =>
        [.. tap.All.Where(moved => moved.Body.Contains($"\"{of}\"", StringComparison.Ordinal))];

    private async Task AssertNothingIsLeft()
    {
        await Eventually.Is(
            async () => await _endpoint.Count("not \"Dispatched\" or \"Operations\" <> '[]'") == 0, "every record is marked");
        Assert.That(await Broker.Depth(_endpoint.ErrorQueue), Is.Zero);
        Assert.That(await Broker.Depth(_endpoint.Name), Is.Zero);
    }
}
