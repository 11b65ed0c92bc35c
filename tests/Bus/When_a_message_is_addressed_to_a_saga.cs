using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_a_message_is_addressed_to_a_saga
{
    private static readonly string Gone = Guid.NewGuid().ToString();
    private readonly Seen<string> _seen = new();
    private TestEndpoint _endpoint = null!;

    [OneTimeSetUp]
    public async Task Start() => _endpoint = await TestEndpoint.Start(
        configuration =>
        {
            configuration.AddSaga<KitePolicy>();
            configuration.AddSaga<StringPolicy>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        },
        services => services.AddSingleton(_seen));

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_not_start_another_when_that_one_is_gone()
    {
        await Handle(new FlyKite("a"), To(typeof(KitePolicy).AssemblyQualifiedName!));

        Assert.That(await Sagas("KitePolicy", "a"), Is.Zero);
    }

    [Test]
    public async Task Should_start_one_when_it_was_addressed_to_a_saga_that_is_unknown_here()
    {
        await Handle(new FlyKite("b"), To("Elsewhere.Policy, Elsewhere"));

        Assert.That(await Sagas("KitePolicy", "b"), Is.EqualTo(1));
        Assert.That(await Sagas("StringPolicy", "b"), Is.EqualTo(1));
    }

    [Test]
    public async Task Should_leave_the_other_sagas_alone()
    {
        await Handle(new FlyKite("c"));
        await Handle(new FlyKite("c"), To(typeof(KitePolicy).AssemblyQualifiedName!, $"{await IdOf("c")}"));

        Assert.That(
            _seen.All.Where(seen => seen.EndsWith(" c", StringComparison.Ordinal)), Is.EqualTo(new[] { "kite c", "string c", "kite c" }));
    }

    [Test]
    public async Task Should_not_listen_to_the_address_of_an_event()
    {
        var address = To(typeof(KitePolicy).AssemblyQualifiedName!);
        address[Headers.MessageIntent] = "Publish";
        await Handle(new FlyKite("d"), address);

        Assert.That(await Sagas("KitePolicy", "d"), Is.EqualTo(1));
        Assert.That(await Sagas("StringPolicy", "d"), Is.EqualTo(1));
    }

    [TestCase("e", "f", Description = "the correlation property")]
    [TestCase("h", "h", Description = "the id")]
    public async Task Should_let_neither_its_id_nor_its_correlation_property_change(string kite, string name)
    {
        await Handle(new FlyKite(kite));
        var id = await IdOf(kite);
        await Broker.Send(_endpoint.Name, new RenameKite(name), headers: To(typeof(KitePolicy).AssemblyQualifiedName!, id.ToString()));
        var failed = await _endpoint.NextFailed();

        Assert.That(failed.Headers["NServiceBus.ExceptionInfo.Message"], Does.Contain("its id or its correlation property Kite"));
        Assert.That(await IdOf(kite), Is.EqualTo(id));
    }

    [Test]
    public async Task Should_fail_when_there_is_neither_an_address_nor_a_value_to_find_it_by()
    {
        await Broker.Send(_endpoint.Name, new RenameKite("not mapped"));
        Assert.That(
            (await _endpoint.NextFailed()).Headers["NServiceBus.ExceptionInfo.Message"],
            Does.Contain("RenameKite, which is not mapped to a value"));

        await Broker.Send(_endpoint.Name, new FlyKite(null!));
        Assert.That(
            (await _endpoint.NextFailed()).Headers["NServiceBus.ExceptionInfo.Message"],
            Does.Contain("FlyKite, which is not mapped to a value"));
    }

    [Test]
    public async Task Should_store_no_originator_of_a_message_without_a_reply_address()
    {
        await Handle(new FlyKite("g"), messageId: "fly g");
        var metadata = JsonNode.Parse(
            (await _endpoint.Query<string>(
                $"select \"Metadata\" from \"{_endpoint.Name}_KitePolicy\" where \"Correlation_Kite\" = 'g'"))!)!.AsObject();

        Assert.That(metadata.ToJsonString(), Is.EqualTo("""{"OriginalMessageId":"fly g"}"""));
    }

    private static Dictionary<string, string> To(string sagaType, string? sagaId = null) => new()
    {
        [Headers.SagaId] = sagaId ?? Gone,
        [Headers.SagaType] = sagaType,
    };

    private async Task Handle(FlyKite message, Dictionary<string, string>? headers = null, string? messageId = null)
    {
        var id = messageId ?? Guid.NewGuid().ToString();
        await Broker.Send(_endpoint.Name, message, id, headers);
        await Eventually.Is(async () => await _endpoint.Count($"\"MessageId\" = '{id}'") == 1, "handled");
    }

    private Task<Guid> IdOf(string kite) =>
        _endpoint.Query<Guid>($"select \"Id\" from \"{_endpoint.Name}_KitePolicy\" where \"Correlation_Kite\" = @kite", new { kite });

    private Task<long> Sagas(string saga, string kite) =>
        _endpoint.Query<long>($"select count(*) from \"{_endpoint.Name}_{saga}\" where \"Correlation_Kite\" = @kite", new { kite });

    internal sealed record FlyKite(string Kite);

    internal sealed record RenameKite(string Name);

    internal sealed class KiteData : ContainSagaData
    {
        public string Kite { get; set; } = "";
    }

    internal sealed class StringData : ContainSagaData
    {
        public string Kite { get; set; } = "";
    }

    internal sealed class KitePolicy(Seen<string> seen) : Saga<KiteData>, IAmStartedByMessages<FlyKite>, IHandleMessages<RenameKite>
    {
        public Task Handle(FlyKite message, IMessageHandlerContext context)
        {
            seen.Add($"kite {message.Kite}");
            return Task.CompletedTask;
        }

        public Task Handle(RenameKite message, IMessageHandlerContext context)
        {
            Data.Id = Data.Kite == message.Name ? Guid.NewGuid() : Data.Id;
            Data.Kite = message.Name;
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<KiteData> mapper) =>
            mapper.MapSaga(saga => saga.Kite).ToMessage<FlyKite>(message => message.Kite);
    }

    internal sealed class StringPolicy(Seen<string> seen) : Saga<StringData>, IAmStartedByMessages<FlyKite>
    {
        public Task Handle(FlyKite message, IMessageHandlerContext context)
        {
            seen.Add($"string {message.Kite}");
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<StringData> mapper) =>
            mapper.MapSaga(saga => saga.Kite).ToMessage<FlyKite>(message => message.Kite);
    }
}
