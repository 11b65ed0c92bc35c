using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Crashing;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Driven;

/// <summary>
/// The places of <see cref="When_a_process_is_killed"/> on the in-memory transport: every step there is, so that a new one is tested too.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class When_a_receiver_dies
{
    private const string Message = "the message";
    private const string Events = "events";
    private readonly InMemoryBroker _broker = new(TestTime.New(), seed: 1);
    private readonly Seen<(CrashPoint Step, string Id)> _reached = new();
    private InMemory _carrier = null!;
    private TestEndpoint _endpoint = null!;

    private static string[] Points => Enum.GetNames<CrashPoint>();

    [SetUp]
    public async Task Start()
    {
        _carrier = new InMemory(_broker);
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                Warehouse.Configure(configuration, Crash.None);
                configuration.AtCrashPoint = (step, id) =>
                {
                    _reached.Add((step, id));
                    return _broker.AtCrashPoint(step, id);
                };
            },
            services =>
            {
                // A clock that stands still keeps the outbox poller from helping.
                services.AddSingleton<TimeProvider>(TestTime.New());
                Warehouse.Add(services, Crash.None);
            },
            broker: _carrier);
        await _endpoint.Execute(Warehouse.Schema);
        _broker.Declare(Events);
        _broker.Subscribe(Events, typeof(Warehouse.EventMoved));
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [TestCaseSource(nameof(Points))]
    public async Task Should_handle_a_message_exactly_once(string where)
    {
        await _carrier.Send(_endpoint.Name, new Warehouse.Pack("box"), Message);
        await DieAndGoOn(where);

        Assert.That(await Effects("box"), Is.EqualTo(new[] { "label", "pack" }));
        AssertEvents("box");
        await AssertNothingIsLeft();
    }

    [TestCaseSource(nameof(Points))]
    public async Task Should_change_a_saga_exactly_once(string where)
    {
        await _carrier.Send(_endpoint.Name, new Warehouse.Stack("pile"), "the first message");
        await DeliverAll();
        TakeEvents();
        await _carrier.Send(_endpoint.Name, new Warehouse.Stack("pile"), Message);
        await DieAndGoOn(where);

        Assert.That(await Effects("pile"), Is.EqualTo(new[] { "label", "label", "stack", "stack" }));
        AssertEvents("pile");
        Assert.That(
            await _endpoint.Query<string>($"select \"Data\"->>'Height' || ', ' || \"Concurrency\" from \"{_endpoint.Name}_PilePolicy\""),
            Is.EqualTo("2, 2"));
        await AssertNothingIsLeft();
    }

    private async Task DieAndGoOn(string where)
    {
        Assert.That(await _broker.DeliverNext(Enum.Parse<CrashPoint>(where)), Is.True);
        Assert.That($"{_reached.All.Last().Step}", Is.EqualTo(where), "it died there");
        await DeliverAll();
        Assert.That(
            _reached.All.Count(reached => reached == (CrashPoint.BeforeTransaction, Message)), Is.EqualTo(2), "it was delivered again");
    }

    private async Task DeliverAll()
    {
        while (await _broker.DeliverNext())
        {
        }
    }

    private Task<IReadOnlyList<string>> Effects(string of) => _endpoint.QueryAll<string>(
        "select what from effects where of = @of order by what", new { of });

    /// <summary>Copies are allowed where the death hid that a message had left; they carry the same id.</summary>
    private void AssertEvents(string of)
    {
        var events = TakeEvents();
        Assert.That(
            events.Select(moved => moved.Headers[Headers.MessageId]).Distinct().Count(), Is.EqualTo(Warehouse.Events), "one id for each");
        Assert.That(
            events.Select(moved => System.Text.Encoding.UTF8.GetString(moved.Body.Span)).Distinct(),
            Is.EquivalentTo(Enumerable.Range(1, Warehouse.Events).Select(n => $$"""{"What":"{{of}}","Number":{{n}}}""")));
    }

    private List<InMemoryMessage> TakeEvents()
    {
        var taken = new List<InMemoryMessage>();
        while (_broker.Take(Events).Message is { } message)
        {
            taken.Add(message);
        }

        return taken;
    }

    private async Task AssertNothingIsLeft()
    {
        Assert.That(await _endpoint.Count("not \"Dispatched\" or \"Operations\" <> '[]'"), Is.Zero);
        Assert.That(_broker.Depth(_endpoint.ErrorQueue), Is.Zero);
        Assert.That(_broker.Depth(_endpoint.Name), Is.Zero);
    }
}
