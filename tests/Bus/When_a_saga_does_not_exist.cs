using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_a_saga_does_not_exist
{
    private readonly Seen<string> _seen = new();
    private TestEndpoint _endpoint = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddSaga<BeehivePolicy>();
                configuration.AddSaga<OrchardPolicy>();
                configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
            },
            services => services.AddSingleton(_seen));
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_take_a_message_that_starts_none_for_processed()
    {
        await Handle(new SwarmSeen("a"));

        Assert.That(_seen.All.Where(seen => seen.EndsWith(" a", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Should_find_the_saga_that_a_message_started()
    {
        await Handle(new BeehiveBuilt("b"));
        await Handle(new SwarmSeen("b"));

        Assert.That(_seen.All.Where(seen => seen.EndsWith(" b", StringComparison.Ordinal)), Is.EqualTo(new[] { "built b", "swarm b" }));
    }

    [Test]
    public async Task Should_ignore_a_timeout()
    {
        await Handle(new SwarmSeen("c"), new Dictionary<string, string>
        {
            [Headers.SagaId] = Guid.NewGuid().ToString(),
            [Headers.SagaType] = typeof(BeehivePolicy).AssemblyQualifiedName!,
            [Headers.IsSagaTimeoutMessage] = bool.TrueString,
        });

        Assert.That(_seen.All.Where(seen => seen.EndsWith(" c", StringComparison.Ordinal)), Is.Empty);
    }

    private async Task Handle<T>(T message, Dictionary<string, string>? headers = null)
    {
        var id = Guid.NewGuid().ToString();
        await Broker.Send(_endpoint.Name, message, id, headers);
        await Eventually.Is(async () => await _endpoint.Count($"\"MessageId\" = '{id}'") == 1, "handled");
    }

    internal sealed record BeehiveBuilt(string Beehive);

    internal sealed record SwarmSeen(string Beehive);

    internal sealed class BeehiveData : ContainSagaData
    {
        public string Beehive { get; set; } = "";
    }

    internal sealed class OrchardData : ContainSagaData
    {
        public string Beehive { get; set; } = "";
    }

    internal sealed class BeehivePolicy(Seen<string> seen) :
        Saga<BeehiveData>, IAmStartedByMessages<BeehiveBuilt>, IHandleMessages<SwarmSeen>, IHandleTimeouts<SwarmSeen>
    {
        public Task Handle(BeehiveBuilt message, IMessageHandlerContext context) => See("built");

        public Task Handle(SwarmSeen message, IMessageHandlerContext context) => See("swarm");

        public Task Timeout(SwarmSeen state, IMessageHandlerContext context) => See("timeout");

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<BeehiveData> mapper)
        {
            mapper.MapSaga(saga => saga.Beehive)
                .ToMessage<BeehiveBuilt>(message => message.Beehive)
                .ToMessage<SwarmSeen>(message => message.Beehive);
        }

        private Task See(string what)
        {
            seen.Add($"{what} {Data.Beehive}");
            return Task.CompletedTask;
        }
    }

    internal sealed class OrchardPolicy : Saga<OrchardData>, IAmStartedByMessages<BeehiveBuilt>, IHandleMessages<SwarmSeen>
    {
        public Task Handle(BeehiveBuilt message, IMessageHandlerContext context) => Task.CompletedTask;

        public Task Handle(SwarmSeen message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<OrchardData> mapper) =>
            mapper.MapSaga(saga => saga.Beehive).ToMessage<BeehiveBuilt>(message => message.Beehive)
                .ToMessage<SwarmSeen>(message => message.Beehive);
    }
}
