using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Architecture;

public class When_endpoints_react_to_events
{
    private static IEnumerable<string> Endpoints => Choreography.Endpoints;

    [TestCaseSource(nameof(Endpoints))]
    public void Should_react_to_the_events_of_the_design_and_no_other(string endpoint) =>
        Assert.That(
            EventsHandledBy(endpoint),
            Is.EquivalentTo(
                Choreography.Events.Where(designed => designed.Reactors.Contains(endpoint)).Select(designed => designed.FullName)));

    [TestCaseSource(nameof(Endpoints))]
    public void Should_publish_every_event_it_owns(string endpoint)
    {
        var used = UsedMembers.Of(Choreography.AssemblyOf(endpoint)).Where(member => member.Name == ".ctor").Select(member => member.Type);
        var owned = Choreography.Events.Where(designed => designed.Publisher == endpoint);

        Assert.That(owned.Where(designed => !used.Contains(designed.FullName)).Select(designed => designed.Name), Is.Empty);
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_keep_handlers_and_sagas_to_itself(string endpoint) =>
        Assert.That(HandlersOf(endpoint).Where(type => type.IsPublic || !type.IsSealed), Is.Empty);

    [TestCaseSource(nameof(Endpoints))]
    public void Should_register_every_handler_and_saga(string endpoint)
    {
        var sources = string.Join('\n', Repository.FilesIn($"endpoints/{endpoint}", ".cs").Select(Repository.Read));
        var unregistered = HandlersOf(endpoint)
            .Select(type => typeof(Saga).IsAssignableFrom(type) ? $"AddSaga<{type.Name}>" : $"AddHandler<{type.Name}>")
            .Where(registration => !sources.Contains(registration, StringComparison.Ordinal));

        Assert.That(unregistered, Is.Empty, "Nothing is scanned: a handler that is not registered never runs.");
    }

    [TestCaseSource(nameof(Endpoints))]
    public void Should_correlate_sagas_by_a_string(string endpoint)
    {
        foreach (var saga in HandlersOf(endpoint).Where(typeof(Saga).IsAssignableFrom))
        {
            var data = saga.BaseType!.GetGenericArguments().Single();
            Assert.That(
                data.GetProperties().Where(field => field.Name.EndsWith("Id", StringComparison.Ordinal) && field.DeclaringType == data)
                    .Select(field => field.PropertyType),
                Has.Some.EqualTo(typeof(string)),
                $"{saga.Name}: the column of an integer has 32 bits.");
        }
    }

    private static IEnumerable<string> EventsHandledBy(string endpoint) =>
        (from type in HandlersOf(endpoint)
         from handled in type.GetInterfaces()
         where handled.IsGenericType && handled.GetGenericTypeDefinition() == typeof(IHandleMessages<>)
         let message = handled.GetGenericArguments()[0]
         where message.Assembly == Choreography.Contracts
         select message.FullName!).Distinct();

    private static IEnumerable<Type> HandlersOf(string endpoint) =>
        Choreography.AssemblyOf(endpoint).GetTypes().Where(type => !type.IsAbstract && typeof(IHandleMessages).IsAssignableFrom(type));
}
