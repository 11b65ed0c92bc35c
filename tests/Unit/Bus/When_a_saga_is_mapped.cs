namespace ShopSaga.Tests.Unit.Bus;

public class When_a_saga_is_mapped
{
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly SagaMapping Mapping = new BoatPolicy().Map();

    [TestCase(typeof(Moored), nameof(Moored.Berth), Description = "its own mapping")]
    [TestCase(typeof(MooredByNight), nameof(Moored.Berth), Description = "that of its base class")]
    [TestCase(typeof(Sunk), nameof(IHappened.Boat), Description = "that of its interface")]
    public void Should_use_the_first_mapping_of_the_messages_hierarchy(Type type, string property)
    {
        var message = Activator.CreateInstance(type)!;

        Assert.That(Mapping.For(type)!(message), Is.EqualTo(type.GetProperty(property)!.GetValue(message)));
    }

    [Test]
    public void Should_have_none_for_a_message_without() => Assert.That(Mapping.For(typeof(string)), Is.Null);

    private interface IHappened
    {
        Guid Boat { get; }
    }

    private record Moored : IHappened
    {
        public Guid Boat => Id;

        public Guid Berth { get; } = Guid.NewGuid();
    }

    private sealed record MooredByNight : Moored;

    private sealed record Sunk : IHappened
    {
        public Guid Boat => Id;
    }

    private sealed class BoatData : ContainSagaData
    {
        public Guid Boat { get; set; }
    }

    private sealed class BoatPolicy : Saga<BoatData>, IAmStartedByMessages<IHappened>
    {
        public Task Handle(IHappened message, IMessageHandlerContext context) => Task.CompletedTask;

        protected override void ConfigureHowToFindSaga(SagaPropertyMapper<BoatData> mapper) => mapper.MapSaga(saga => saga.Boat)
            .ToMessage<IHappened>(message => message.Boat)
            .ToMessage<Moored>(message => message.Berth);
    }
}
