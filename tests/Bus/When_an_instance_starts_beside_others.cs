using Dapper;
using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

public class When_an_instance_starts_beside_others
{
    [Test]
    public async Task Should_wait_for_no_transaction_of_theirs()
    {
        await using var endpoint = await TestEndpoint.Start(configuration => configuration.AddSaga<Journey>());
        await endpoint.Stop();
        await using var other = new NpgsqlConnection(endpoint.ConnectionString);
        await other.OpenAsync();
        await using var handling = await other.BeginTransactionAsync();
        await other.ExecuteAsync(
            $"""
             DELETE FROM "{endpoint.Name}_{nameof(Journey)}";
             DELETE FROM "{endpoint.OutboxTable}"
             """,
            transaction: handling);

        await endpoint.Start().WaitAsync(Eventually.Limit);
    }

    internal sealed record Depart(string Traveller);

    internal sealed class JourneyData : ContainSagaData
    {
        public string Traveller { get; set; } = "";
    }

    internal sealed class Journey : Saga<JourneyData>, IAmStartedByMessages<Depart>
    {
        public Task Handle(Depart message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<JourneyData> mapper) =>
            mapper.MapSaga(saga => saga.Traveller).ToMessage<Depart>(message => message.Traveller);
    }
}
