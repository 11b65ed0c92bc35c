using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>
/// A client that relies on the OpenAPI documents alone: it finds operations by id and validates every request and response against the
/// schemas.
/// </summary>
internal sealed class DocumentedApi : IDisposable
{
    private static readonly string[] Methods = ["get", "put", "post", "delete"];
    private readonly HttpClient _client = new() { BaseAddress = RunningSystem.Stack.GatewayAddress };
    private readonly Dictionary<string, Operation> _operations = [];

    public IReadOnlyCollection<Operation> Operations => _operations.Values;

    public List<JsonNode> Documents { get; } = [];

    /// <summary>The documents as they were read, by service.</summary>
    public Dictionary<string, string> Texts { get; } = [];

    /// <summary>The access token for operations that require one.</summary>
    public string? Token { get; set; }

    public static async Task<DocumentedApi> Load(params string[] services)
    {
        var api = new DocumentedApi();
        foreach (var service in services)
        {
            var text = await api._client.GetStringAsync($"openapi/{service}.json");
            api.Texts.Add(service, text);
            var document = JsonNode.Parse(text)!;
            api.Documents.Add(document);
            foreach (var (path, item) in document["paths"]!.AsObject())
            {
                foreach (var (method, operation) in item!.AsObject().Where(member => Methods.Contains(member.Key)))
                {
                    var id = operation!["operationId"]?.GetValue<string>();
                    Assert.That(id, Is.Not.Null, () => $"{method} {path} has no operationId");
                    api._operations.Add(id!, new Operation(id!, method.ToUpperInvariant(), path, operation, document));
                }
            }
        }

        return api;
    }

    /// <summary>Calls an operation by its id.</summary>
    /// <param name="operationId">The id in the document.</param>
    /// <param name="body">The request body.</param>
    /// <param name="parameters">Values of the path parameters.</param>
    public async Task<(
        int Status, JsonNode? Body)> Call(string operationId, object? body = null, params (string Name, object Value)[] parameters)
    {
        var operation = _operations[operationId];
        var path = parameters.Aggregate(
            operation.Path, (text, parameter) => text.Replace($"{{{parameter.Name}}}", $"{parameter.Value}", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path);
        if (operation.NeedsToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        if (body is not null)
        {
            var json = System.Text.Json.JsonSerializer.SerializeToNode(body);
            var schema = operation.Json["requestBody"]!["content"]!["application/json"]!["schema"]!;
            Assert.That(JsonSchema.Complaints(schema, json, operation.Document), Is.Empty, () => $"the body of {operationId}");
            request.Content = new StringContent(json!.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var answer = await _client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var status = (int)answer.StatusCode;
        Assert.That(
            operation.Json["responses"]![$"{status}"],
            Is.Not.Null,
            () => $"{operationId} answers {status}, which is not documented: {text}");
        if (text.Length == 0)
        {
            return (status, null);
        }

        var promised = operation.Json["responses"]![$"{status}"]!["content"]?[answer.Content.Headers.ContentType!.MediaType!]?["schema"];
        Assert.That(
            promised,
            Is.Not.Null,
            () => $"{operationId} answers {status} with {answer.Content.Headers.ContentType}, which is not documented");
        var given = JsonNode.Parse(text);
        Assert.That(JsonSchema.Complaints(promised!, given, operation.Document), Is.Empty, () => $"{operationId} answers {text}");
        return (status, given);
    }

    public void Dispose() => _client.Dispose();

    internal sealed record Operation(string Id, string Method, string Path, JsonNode Json, JsonNode Document)
    {
        public bool NeedsToken => Json["security"] is JsonArray { Count: > 0 };
    }
}
