using System.Reflection;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Contracts;

public class When_events_are_declared
{
    /// <summary>Beside the events: the words that stand in their fields.</summary>
    private static readonly Type[] Words = [typeof(CancelReason), typeof(CancellationRules), typeof(
        PaymentFailureReason), typeof(ChargeReference)];

    private static readonly Type[] PublicTypes = [.. Choreography.Contracts.GetExportedTypes().Except(Words)];

    private static IEnumerable<Choreography.DesignedEvent> Events => Choreography.Events;

    [Test]
    public void Should_contain_the_events_of_the_design_and_no_other()
    {
        var parts = Events.SelectMany(designed => designed.Type.GetProperties()).Select(ElementType).OfType<Type>();

        Assert.That(
            PublicTypes.Except(parts).Select(type => type.FullName),
            Is.EquivalentTo(Events.Select(designed => designed.FullName)),
            "An event is added to the design and to Choreography.cs first.");
    }

    [TestCaseSource(nameof(Events))]
    public void Should_have_the_fields_of_the_design(object designed)
    {
        var expected = (Choreography.DesignedEvent)designed;

        Assert.That(FieldsOf(expected.Type), Is.EqualTo(expected.Fields));
    }

    [TestCaseSource(nameof(Events))]
    public void Should_be_told_in_the_past_tense(object designed) => Assert.That(designed.ToString(), Does.Match("(ed|wn)$"));

    [TestCaseSource(nameof(PublicTypes))]
    public void Should_be_a_plain_sealed_record(Type type)
    {
        Assert.That(type.GetMethod("<Clone>$"), Is.Not.Null, "a record");
        Assert.That(type.IsSealed, "sealed");
        Assert.That(type.BaseType, Is.EqualTo(typeof(object)), "without base type");
        Assert.That(type.GetInterfaces(), Is.EqualTo(new[] { typeof(IEquatable<>).MakeGenericType(type) }), "without interface");
        Assert.That(OwnAttributes(type), Is.Empty, "without attribute");
        Assert.That(type.GetProperties().SelectMany(OwnAttributes), Is.Empty, "without attribute on a field");
    }

    [Test]
    public void Should_keep_the_words_that_receivers_know()
    {
        Assert.That(Enum.GetNames<CancelReason>(), Is.EqualTo(new[] { "OUT_OF_STOCK", "PAYMENT_DECLINED", "EXPIRED", "CUSTOMER", "SHOP" }));
        Assert.That(
            Enum.GetNames<CancelReason>().Where(CancellationRules.MustBeAnswered), Is.EqualTo(new[] { "EXPIRED", "CUSTOMER", "SHOP" }));
        Assert.That(
            typeof(PaymentFailureReason).GetFields().Select(word => word.GetRawConstantValue()),
            Is.EqualTo(new[] { "DECLINED", "ORDER_CANCELLED", "PROVIDER_TIMEOUT", "PROVIDER_UNAVAILABLE" }));
    }

    [Test]
    public void Should_reference_nothing_but_the_framework() =>
        Assert.That(Choreography.Contracts.GetReferencedAssemblies().Select(assembly => assembly.Name), Has.All.StartsWith("System."));

    [Test]
    public void Should_stand_in_a_file_of_its_name_in_the_folder_of_its_owner()
    {
        var files = Repository.FilesIn("contracts", ".cs").ToList();
        var words = Words.Select(type => $"contracts/{type.Namespace!.Split('.')[^1]}/{type.Name}.cs");

        Assert.That(files, Is.EquivalentTo(Events.Select(designed => $"contracts/{designed.Publisher}/{designed.Name}.cs").Concat(words)));
        foreach (var designed in Events)
        {
            var text = Repository.Read($"contracts/{designed.Publisher}/{designed.Name}.cs");
            Assert.That(text, Does.Contain($"namespace ShopSaga.Contracts.{designed.Publisher};"));
            Assert.That(text, Does.Contain($"public sealed record {designed.Name}("));
        }
    }

    private static string FieldsOf(Type type) =>
        string.Join(
            ", ",
            type.GetProperties().Select(field => ElementType(field) is { } element ? $"{field.Name}[{FieldsOf(element)}]" : field.Name));

    private static Type? ElementType(PropertyInfo field) =>
        field.PropertyType.IsGenericType && field.PropertyType.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? field.PropertyType.GetGenericArguments()[0]
            : null;

    private static IEnumerable<string> OwnAttributes(MemberInfo member) =>
        from attribute in member.CustomAttributes
        where attribute.AttributeType.Namespace != "System.Runtime.CompilerServices"
        select $"{member.Name}: {attribute.AttributeType.Name}";
}
