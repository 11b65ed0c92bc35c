using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ShopSaga.Tests.Unit.Support;

namespace ShopSaga.Tests.Unit.Contracts;

/// <summary>The JSON of each event, as the bus writes it, against what is on file in shapes.json.</summary>
public class When_an_event_is_serialized
{
    private const string File = "tests/Unit/Contracts/shapes.json";

    private static readonly JsonObject OnFile = JsonNode.Parse(Repository.Read(File))!.AsObject();

    private static IEnumerable<Choreography.DesignedEvent> Events => Choreography.Events;

    [Test]
    public void Should_be_on_file_for_each_event_and_for_nothing_else() =>
        Assert.That(
            OnFile.Select(entry => entry.Key),
            Is.EquivalentTo(Events.Select(designed => designed.FullName)),
            $"A new event is added to {File}; one that messages in a queue or an outbox may still carry is not removed.");

    [TestCaseSource(nameof(Events))]
    public void Should_keep_every_field_with_its_type(object designed)
    {
        var type = ((Choreography.DesignedEvent)designed).Type;

        Assert.That(Complaints(type.Name, OnFile[type.FullName!]!.AsObject(), ShapeOf(type)), Is.Empty);
    }

    [TestCaseSource(nameof(Events))]
    public void Should_read_back_what_was_written(object designed)
    {
        var type = ((Choreography.DesignedEvent)designed).Type;
        var json = JsonSerializer.Serialize(Sample(type), type);
        var read = JsonSerializer.Deserialize(json, type);

        Assert.That(JsonSerializer.Serialize(read, type), Is.EqualTo(json));
        Assert.That(JsonNode.Parse(json)!.AsObject().Select(field => field.Value), Has.All.Not.Null);
    }

    [Test]
    public void Should_complain_about_a_field_that_is_gone_or_has_another_type_or_is_new()
    {
        var before = JsonNode.Parse(
            """{ "Gone": "int64", "Narrowed": "int64", "Same": "string", "Items": [{ "Gone": "int32" }] }""")!.AsObject();
        var now = JsonNode.Parse(
            """{ "Narrowed": "int32", "Same": "string", "Items": [{ }], "Note": "string?", "Required": "int32" }""")!.AsObject();

        Assert.That(Complaints("Sample", before, now), Has.Count.EqualTo(5));
        Assert.That(Complaints("Sample", before, now), Has.One.StartsWith("Sample.Gone is gone"));
        Assert.That(Complaints("Sample", before, now), Has.One.StartsWith("Sample.Narrowed was int64 and is int32"));
        Assert.That(Complaints("Sample", before, now), Has.One.StartsWith("Sample.Items[].Gone is gone"));
        Assert.That(Complaints("Sample", before, now), Has.One.StartsWith("Sample.Note is new. Add \"Note\": \"string?\""));
        Assert.That(Complaints("Sample", before, now), Has.One.StartsWith("Sample.Required is new and always there"));
        Assert.That(Complaints("Sample", before, before), Is.Empty);
    }

    private static List<string> Complaints(string path, JsonObject before, JsonObject now)
    {
        var complaints = new List<string>();
        foreach (var (name, was) in before)
        {
            var (isNow, field) = (now[name], $"{path}.{name}");
            if (isNow is null)
            {
                complaints.Add(
                    $"{field} is gone. Receivers that are not deployed yet need it: put it back, or publish a new event beside this one.");
            }
            else if (was is JsonArray wasList && isNow is JsonArray isList && wasList[0] is JsonObject wasItem
                && isList[0] is JsonObject isItem)
            {
                complaints.AddRange(Complaints(field + "[]", wasItem, isItem));
            }
            else if (!JsonNode.DeepEquals(was, isNow))
            {
                complaints.Add(
                    $"{field} was {was} and is {isNow}. Messages of both kinds will be under way: keep the type, or add a nullable field.");
            }
        }

        foreach (var (name, isNow) in now.Where(field => !before.ContainsKey(field.Key)))
        {
            var nullable = isNow is JsonValue && isNow.ToString().EndsWith('?');
            complaints.Add(nullable
                ? $"{path}.{name} is new. Add \"{name}\": \"{isNow}\" to {File} so that it stays."
                : $"{path}.{name} is new and always there. Messages under way lack it: make it nullable.");
        }

        return complaints;
    }

    private static JsonObject ShapeOf(Type type)
    {
        var shape = new JsonObject();
        foreach (var field in JsonSerializerOptions.Default.GetTypeInfo(type).Properties)
        {
            shape[field.Name] = ShapeOf(field);
        }

        return shape;
    }

    private static JsonNode ShapeOf(JsonPropertyInfo field)
    {
        if (ElementType(field.PropertyType) is { } element)
        {
            return new JsonArray(ShapeOf(element));
        }

        var underlying = Nullable.GetUnderlyingType(field.PropertyType);
        var nullable = underlying is not null || (!field.PropertyType.IsValueType && field.IsGetNullable);
        return JsonValue.Create(NameOf(underlying ?? field.PropertyType) + (nullable ? "?" : ""));
    }

    private static string NameOf(Type type) =>
        type == typeof(int) ? "int32"
        : type == typeof(long) ? "int64"
        : type == typeof(bool) ? "boolean"
        : type == typeof(string) ? "string"
        : type == typeof(DateTimeOffset) ? "date-time"
        : type == typeof(DateOnly) ? "date"
        : throw new NotSupportedException($"No name for {type} in {File} yet.");

    private static object Sample(Type type) =>
        type == typeof(string) ? "가나다 \"abc\""
        : type == typeof(int) ? int.MaxValue
        : type == typeof(long) ? long.MaxValue
        : type == typeof(bool) ? true
        : type == typeof(DateTimeOffset) ? new DateTimeOffset(2026, 12, 31, 23, 59, 59, TimeSpan.Zero).AddTicks(1_234_560)
        : type == typeof(DateOnly) ? new DateOnly(2026, 12, 31)
        : Nullable.GetUnderlyingType(type) is { } underlying ? Sample(underlying)
        : ElementType(type) is { } element ? SampleList(element)
        : Activator.CreateInstance(
            type, [.. type.GetConstructors().Single().GetParameters().Select(field => Sample(field.ParameterType))])!;

    private static Array SampleList(Type element)
    {
        var list = Array.CreateInstance(element, 2);
        list.SetValue(Sample(element), 0);
        list.SetValue(Sample(element), 1);
        return list;
    }

    private static Type? ElementType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
}
