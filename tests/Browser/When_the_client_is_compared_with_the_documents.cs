using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShopSaga.Web.Api;

namespace ShopSaga.Tests.Browser;

/// <summary>Every route that the pages call, and every member that they send or read, is in the OpenAPI documents.</summary>
public partial class When_the_client_is_compared_with_the_documents
{
    private static readonly ConcurrentDictionary<string, Task<JsonNode>> Documents = new();

    private static IEnumerable<TestCaseData> Routes => typeof(ApiRoutes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(route => new TestCaseData(route.GetValue(null)).SetArgDisplayNames(route.Name));

    [TestCaseSource(nameof(Routes))]
    public async Task Should_find_the_route_and_the_members(object route)
    {
        var operation = (ApiRoute)route;
        var document = await Documents.GetOrAdd(operation.Service, Read);
        var described = document["paths"]!.AsObject()
            .Where(path => Shape(path.Key) == Shape(operation.Path))
            .Select(path => path.Value![operation.Method.ToLowerInvariant()])
            .SingleOrDefault(found => found is not null);
        Assert.That(described, Is.Not.Null, $"{operation.Method} {operation.Path}");

        var types = route.GetType().GetGenericArguments();
        if (types.Length == 0)
        {
            return;
        }

        var response = described!["responses"]!.AsObject().First(answer => answer.Key.StartsWith('2')).Value!;
        using (Assert.EnterMultipleScope())
        {
            Compare(types[0], described["requestBody"]?["content"]?["application/json"]?["schema"], document, "sends");
            Compare(types[1], response["content"]?["application/json"]?["schema"], document, "reads");
        }
    }

    private static async Task<JsonNode> Read(string service) =>
        JsonNode.Parse(await RunningShop.Admin.GetStringAsync($"openapi/{service.ToLowerInvariant()}.json"))!;

    private static void Compare(Type type, JsonNode? schema, JsonNode document, string verb)
    {
        if (type == typeof(Nothing) || type == typeof(JsonObject))
        {
            return;
        }

        var properties = Resolve(schema, document)["properties"]!.AsObject();
        foreach (var member in type.GetProperties().Where(IsMember))
        {
            var name = NameOf(member);
            Assert.That(properties.ContainsKey(name), $"{type.Name} {verb} {name}");
            if (properties[name] is { } described && ItemOf(member.PropertyType) is { } item)
            {
                Compare(item, Resolve(described, document)["items"], document, verb);
            }
        }
    }

    private static JsonNode Resolve(JsonNode? schema, JsonNode document)
    {
        var found = schema ?? new JsonObject();
        if ((found["oneOf"] ?? found["anyOf"])?.AsArray() is { } choices)
        {
            found = choices.First(choice => choice?["type"]?.ToString() != "null")!;
        }

        return found["$ref"]?.GetValue<string>() is { } reference
            ? Resolve(document["components"]!["schemas"]![reference.Split('/')[^1]], document)
            : found;
    }

    private static bool IsMember(PropertyInfo member) =>
        member.Name is not "EqualityContract"
        && member.GetCustomAttribute<System.Text.Json.Serialization.JsonIgnoreAttribute>() is null
        && member.GetCustomAttribute<System.Text.Json.Serialization.JsonExtensionDataAttribute>() is null;

    private static string NameOf(PropertyInfo member) =>
        member.GetCustomAttribute<System.Text.Json.Serialization.JsonPropertyNameAttribute>()?.Name
        ?? System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            && type.GetGenericArguments()[0].Assembly == typeof(ApiRoute).Assembly
            ? type.GetGenericArguments()[0]
            : null;

    private static string Shape(string path) => Braces().Replace(path, "{}");

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Braces();
}
