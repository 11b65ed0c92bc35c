using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>What is wrong with a configuration is said at the start, not by the first message.</summary>
public class When_an_endpoint_cannot_work
{
    [Test]
    public void Should_say_that_nothing_carries_its_messages() => Assert.That(
        Refusal(configuration => configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() => new NpgsqlConnection()), isComplete: false),
        Does.Contain("UseTransport"));

    [Test]
    public void Should_say_that_it_has_no_database() => Assert.That(Refusal(_ => { }, isComplete: false), Does.Contain("ConnectionBuilder"));

    [Test]
    public void Should_say_which_prefix_of_tables_is_too_long() => Assert.That(
        Refusal(configuration => configuration.UsePersistence<SqlPersistence>().TablePrefix("far_too_long_a_prefix_")),
        Does.Contain("far_too_long_a_prefix_").And.Contain("20"));

    [Test]
    public void Should_say_which_handler_handles_nothing() =>
        Assert.That(Refusal(configuration => configuration.AddHandler<Idler>()), Does.Contain(nameof(Idler)));

    [Test]
    public void Should_say_which_saga_nothing_starts() =>
        Assert.That(Refusal(configuration => configuration.AddSaga<NeverPolicy>()), Does.Contain(nameof(NeverPolicy)));

    [Test]
    public void Should_say_by_which_message_a_saga_cannot_be_found() => Assert.That(
        Refusal(configuration => configuration.AddSaga<LostPolicy>()), Does.Contain(nameof(LostPolicy)).And.Contain(nameof(ShipLeft)));

    [Test]
    public void Should_say_which_message_finds_a_saga_by_a_value_of_another_type() => Assert.That(
        Refusal(configuration => configuration.AddSaga<MistakenPolicy>()), Is.EqualTo("ShipLeft is mapped by a Int32, but Ship is a String."));

    [Test]
    public void Should_say_which_property_no_saga_can_be_found_by() =>
        Assert.That(Refusal(configuration => configuration.AddSaga<CountingPolicy>()), Does.Contain(nameof(ShipData.Mast)));

    [Test]
    public void Should_say_which_saga_has_a_name_too_long_for_a_table() => Assert.That(
        Refusal(configuration => configuration.AddSaga<WhateverHappensToShipsThatLeaveTheirHarbourPolicy>()),
        Does.Contain(nameof(WhateverHappensToShipsThatLeaveTheirHarbourPolicy)).And.Contain("43"));

    private static string Refusal(Action<EndpointConfiguration> configure, bool isComplete = true)
    {
        var configuration = new EndpointConfiguration("Harbour");
        if (isComplete)
        {
            configuration.UseTransport(new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), "host=localhost"));
            configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() => new NpgsqlConnection());
        }

        configure(configuration);
        using var services = new ServiceCollection().AddLogging().AddNServiceBusEndpoint(configuration).BuildServiceProvider();
        return Assert.Throws<InvalidOperationException>(() => services.GetServices<IHostedService>().ToList())!.Message;
    }

    private sealed record ShipLeft(string Ship, int Mast);

    private sealed class ShipData : ContainSagaData
    {
        public string Ship { get; set; } = "";

        public int Mast { get; set; }
    }

    private sealed class Idler : IHandleMessages;

    private sealed class NeverPolicy : Saga<ShipData>
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) => mapper.MapSaga(saga => saga.Ship);
    }

    private sealed class LostPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) => mapper.MapSaga(saga => saga.Ship);
    }

    private sealed class MistakenPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) =>
            mapper.MapSaga(saga => saga.Ship).ToMessage<ShipLeft>(message => message.Mast);
    }

    private sealed class CountingPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) =>
            mapper.MapSaga(saga => saga.Mast).ToMessage<ShipLeft>(message => message.Mast);
    }

    private sealed class WhateverHappensToShipsThatLeaveTheirHarbourPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) =>
            mapper.MapSaga(saga => saga.Ship).ToMessage<ShipLeft>(message => message.Ship);
    }

    private abstract class ShipPolicy : Saga<ShipData>, IAmStartedByMessages<ShipLeft>
    {
        public Task Handle(ShipLeft message, IMessageHandlerContext context) => Task.CompletedTask;
    }
}
