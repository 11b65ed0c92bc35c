using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ShopSaga.Tests.Unit.Bus;

/// <summary>What is wrong with a configuration is said at the start, not by the first message.</summary>
public class When_an_endpoint_cannot_work
{
    [Test]
    public void Should_say_that_nothing_carries_its_messages() => Assert.That(
        Refusal(
            configuration => configuration.UsePersistence<SqlPersistence>().ConnectionBuilder(() => new NpgsqlConnection()),
            isComplete: false),
        Does.Contain("UseTransport"));

    [Test]
    public void Should_say_that_it_has_no_database() => Assert.That(
        Refusal(_ => { }, isComplete: false), Does.Contain("ConnectionBuilder"));

    [Test]
    public void Should_say_that_the_name_is_too_long_for_its_tables() => Assert.That(
        Refusal(_ => { }, name: "far.too.long.a.prefix"), Does.Contain("far_too_long_a_prefix_").And.Contain("20"));

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
        Refusal(configuration => configuration.AddSaga<MistakenPolicy>()),
        Is.EqualTo("ShipLeft is mapped by a Int32, but Ship is a String."));

    [Test]
    public void Should_say_which_property_no_saga_can_be_found_by() =>
        Assert.That(Refusal(configuration => configuration.AddSaga<CountingPolicy>()), Does.Contain(nameof(ShipData.Mast)));

    [Test]
    public void Should_say_which_saga_has_a_name_too_long_for_a_table() => Assert.That(
        Refusal(configuration => configuration.AddSaga<WhateverHappensToShipsThatLeaveTheirHarbourPolicy>()),
        Does.Contain(nameof(WhateverHappensToShipsThatLeaveTheirHarbourPolicy)).And.Contain("43"));

    [TestCase(typeof(OtherPolicy), Description = "the same data")]
    [TestCase(typeof(BargePolicy), Description = "data that derives from it")]
    public void Should_say_which_saga_has_no_data_of_its_own(Type second) => Assert.That(
        Refusal(configuration => configuration.SagaTypes.AddRange([typeof(FoundPolicy), second])),
        Does.Contain(second.Name).And.Contain("own"));

    [Test]
    public void Should_say_which_saga_has_no_data_of_its_own_in_whatever_order() => Assert.That(
        Refusal(configuration => configuration.SagaTypes.AddRange([typeof(BargePolicy), typeof(FoundPolicy)])),
        Does.Contain(nameof(FoundPolicy)));

    [Test]
    public void Should_say_by_which_two_properties_a_saga_is_to_be_found() => Assert.That(
        Refusal(configuration => configuration.AddSaga<TornPolicy>()),
        Does.Contain(nameof(ShipData.Ship)).And.Contain(nameof(ShipData.Owner)));

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("harbour@sea")]
    public void Should_refuse_a_name_that_is_none(string name) => Assert.That(
        () => new EndpointConfiguration(name), Throws.ArgumentException);

    [Test]
    public void Should_refuse_a_second_endpoint_in_a_host() => Assert.That(
        () => new ServiceCollection().AddNServiceBusEndpoint(new("Harbour")).AddNServiceBusEndpoint(new("Sea")),
        Throws.InvalidOperationException.With.Message.Contains("Sea"));

    [TestCase("port=5672")]
    [TestCase("host=one,two")]
    [TestCase("amqp://[nowhere")]
    public void Should_refuse_a_connection_string_without_one_host(string text) =>
        Assert.That(() => RabbitMqConnections.Parse(text), Throws.InvalidOperationException);

    [TestCase("host=rabbit", "rabbit 5672 / guest guest False")]
    [TestCase("host=rabbit;useTls=true", "rabbit 5671 / guest guest True")]
    [TestCase("host=rabbit;port=1;virtualHost=shop;userName=ann;password=secret", "rabbit 1 shop ann secret False")]
    [TestCase("amqp://ann:secret@rabbit:1/shop", "rabbit 1 shop ann secret False")]
    [TestCase("amqps://rabbit", "rabbit 5671 / guest guest True")]
    public void Should_read_connection_strings(string text, string read)
    {
        var broker = RabbitMqConnections.Parse(text);
        var address = broker.Endpoint;

        Assert.That(
            $"{address.HostName} {address.Port} {broker.VirtualHost} {broker.UserName} {broker.Password} {address.Ssl.Enabled}",
            Is.EqualTo(read));
    }

    [Test]
    public void Should_refuse_times_that_are_not_positive()
    {
        var transport = new RabbitMQTransport(RoutingTopology.Conventional(QueueType.Quorum), "host=localhost");

        Assert.That(() => transport.NetworkRecoveryInterval = TimeSpan.Zero, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => transport.TimeToWaitBeforeTriggeringCircuitBreaker = -TimeSpan.FromTicks(1),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static string Refusal(Action<EndpointConfiguration> configure, bool isComplete = true, string name = "Harbour")
    {
        var configuration = new EndpointConfiguration(name);
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

    private class ShipData : ContainSagaData
    {
        public string Ship { get; set; } = "";

        public string Owner { get; set; } = "";

        public int Mast { get; set; }
    }

    private sealed class BargeData : ShipData;

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

    private class FoundPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper) =>
            mapper.MapSaga(saga => saga.Ship).ToMessage<ShipLeft>(message => message.Ship);
    }

    private sealed class OtherPolicy : FoundPolicy;

    private sealed class BargePolicy : Saga<BargeData>, IAmStartedByMessages<ShipLeft>
    {
        public Task Handle(ShipLeft message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<BargeData> mapper) =>
            mapper.MapSaga(saga => saga.Ship).ToMessage<ShipLeft>(message => message.Ship);
    }

    private sealed class TornPolicy : ShipPolicy
    {
        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ShipData> mapper)
        {
            mapper.MapSaga(saga => saga.Ship).ToMessage<ShipLeft>(message => message.Ship);
            mapper.MapSaga(saga => saga.Owner);
        }
    }

    private abstract class ShipPolicy : Saga<ShipData>, IAmStartedByMessages<ShipLeft>
    {
        public Task Handle(ShipLeft message, IMessageHandlerContext context) => Task.CompletedTask;
    }
}
