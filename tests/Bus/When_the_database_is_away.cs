using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_the_database_is_away
{
    [Test]
    public async Task Should_hold_the_messages_without_spending_retries_until_it_is_back()
    {
        await using var endpoint = await TestEndpoint.Start(configuration =>
        {
            configuration.AddHandler<Librarian>();
            configuration.Recoverability().Immediate(retries => retries.NumberOfRetries(0));
        });
        await using var events = await Tap.On<EventBookShelved>();
        await Broker.Send(endpoint.Name, new ShelveBook(0));
        await events.Next();

        await Servers.CloseDatabase(endpoint.DatabaseName);
        for (var book = 1; book <= 10; book++)
        {
            await Broker.Send(endpoint.Name, new ShelveBook(book), $"book {book}");
        }

        var health = endpoint.Services.GetRequiredService<HealthCheckService>();
        await Eventually.Is(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Degraded, "the health check says so");
        await Servers.OpenDatabase(endpoint.DatabaseName);

        var shelved = new HashSet<string>();
        while (shelved.Count < 10)
        {
            shelved.Add((await events.Next()).Body);
        }

        await endpoint.IsReceiving();
        Assert.That(await Broker.Depth(endpoint.ErrorQueue), Is.Zero);
        Assert.That(await endpoint.Count("\"MessageId\" like 'book %'"), Is.EqualTo(10));
    }

    internal sealed record ShelveBook(int Number);

    internal sealed record EventBookShelved(int Number);

    internal sealed class Librarian : IHandleMessages<ShelveBook>
    {
        public Task Handle(ShelveBook message, IMessageHandlerContext context) => context.Publish(new EventBookShelved(message.Number));
    }
}
