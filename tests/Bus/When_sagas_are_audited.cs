using System.Text.Json.Nodes;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus;

/// <summary>One message, a handler that sends something, and two sagas.</summary>
public class When_sagas_are_audited
{
    [Test]
    public async Task Should_tell_of_each_what_it_did_itself_and_name_both_in_the_audit_of_the_message()
    {
        var name = TestEndpoint.UniqueName();
        await using var audit = await Tap.On($"{name}.audit");
        await using var endpoint = await TestEndpoint.Start(
            configuration =>
            {
                configuration.AddHandler<Herald>();
                configuration.AddSaga<CrownPolicy>();
                configuration.AddSaga<ThronePolicy>();
                configuration.AuditProcessedMessagesTo($"{name}.audit");
                configuration.AuditSagaStateChanges($"{name}.audit");
            },
            name: name);
        await Broker.Send(name, new CrownKing("Otto"), "coronation");
        await Eventually.Is(() => audit.Count == 4, "the question at the start, a report of each saga, and the copy of the message");
        var reports = audit.All.Where(message => message.Body.Contains("SagaState", StringComparison.Ordinal))
            .Select(message => JsonNode.Parse(message.Body)!).ToList();
        var copy = audit.All.Single(message => message.Headers.ContainsKey(Headers.ProcessingEndpoint));

        Assert.That(
            reports.Select(report => (
                report["SagaType"]!.GetValue<string>(),
                string.Join(' ', report["ResultingMessages"]!.AsArray().Select(sent => sent!["MessageType"])))),
            Is.EqualTo(new[] { (typeof(CrownPolicy).FullName, typeof(EventKingCrowned).FullName), (typeof(ThronePolicy).FullName, "") }));
        var ids = reports.Select(report => report["SagaId"]!.GetValue<string>()).ToList();
        Assert.That(
            copy.Headers["NServiceBus.InvokedSagas"],
            Is.EqualTo($"{typeof(CrownPolicy).FullName}:{ids[0]};{typeof(ThronePolicy).FullName}:{ids[1]}"));
        Assert.That(copy.Headers["ServiceControl.SagaStateChange"], Is.EqualTo($"{ids[0]}:New;{ids[1]}:Completed"));
        await Broker.Delete($"{name}.audit");
    }

    internal sealed record CrownKing(string King);

    internal sealed record EventKingCrowned(string King);

    internal sealed record EventTrumpetsSounded;

    internal sealed class Herald : IHandleMessages<CrownKing>
    {
        public Task Handle(CrownKing message, IMessageHandlerContext context) => context.Publish(new EventTrumpetsSounded());
    }

    internal sealed class CrownData : ContainSagaData
    {
        public string King { get; set; } = "";
    }

    internal sealed class ThroneData : ContainSagaData
    {
        public string King { get; set; } = "";
    }

    internal sealed class CrownPolicy : Saga<CrownData>, IAmStartedByMessages<CrownKing>
    {
        public Task Handle(CrownKing message, IMessageHandlerContext context) => context.Publish(new EventKingCrowned(message.King));

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<CrownData> mapper) =>
            mapper.MapSaga(saga => saga.King).ToMessage<CrownKing>(message => message.King);
    }

    internal sealed class ThronePolicy : Saga<ThroneData>, IAmStartedByMessages<CrownKing>
    {
        public Task Handle(CrownKing message, IMessageHandlerContext context)
        {
            MarkAsComplete();
            return Task.CompletedTask;
        }

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<ThroneData> mapper) =>
            mapper.MapSaga(saga => saga.King).ToMessage<CrownKing>(message => message.King);
    }
}
