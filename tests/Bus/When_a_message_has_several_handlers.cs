using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_a_message_has_several_handlers
{
    private readonly Seen<string> _handled = new();
    private TestEndpoint _endpoint = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<First>();
                configuration.AddHandler<Second>();
            },
            services => services.AddSingleton(_handled));
        await _endpoint.Execute("create table played (n int)");
    }

    [OneTimeTearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task Should_run_them_in_the_order_of_registration()
    {
        await Broker.Send(_endpoint.Name, new PlayMusic("loud"));

        Assert.That(await _handled.Next(), Is.EqualTo("first loud"));
        Assert.That(await _handled.Next(), Is.EqualTo("second loud"));
    }

    [Test]
    public async Task Should_undo_what_the_others_did_when_one_fails()
    {
        await Broker.Send(_endpoint.Name, new PlayMusic("wrong"), "wrong");
        await _endpoint.NextFailed();

        Assert.That(await _endpoint.Query<long>("select count(*) from played where n = 0"), Is.Zero);
        Assert.That(await _endpoint.Count("\"MessageId\" = 'wrong'"), Is.Zero);
    }

    internal sealed record PlayMusic(string How);

    internal sealed class First(Seen<string> handled) : IHandleMessages<PlayMusic>
    {
        public async Task Handle(PlayMusic message, IMessageHandlerContext context)
        {
            handled.Add($"first {message.How}");
            await context.Execute("insert into played values (0)");
        }
    }

    internal sealed class Second(Seen<string> handled) : IHandleMessages<PlayMusic>
    {
        public Task Handle(PlayMusic message, IMessageHandlerContext context)
        {
            handled.Add($"second {message.How}");
            return message.How == "wrong"
                ? throw new InvalidOperationException("Out of tune.")
                : context.Execute("update played set n = 1");
        }
    }
}
