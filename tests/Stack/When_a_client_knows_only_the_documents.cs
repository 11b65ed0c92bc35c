using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>Everything here is found in the OpenAPI documents; every body and answer is held against them.</summary>
public class When_a_client_knows_only_the_documents
{
    private static readonly string[] Services = ["users", "products", "orders", "payments", "settlement", "operations"];
    private DocumentedApi _api = null!;

    [SetUp]
    public async Task Load() => _api = await DocumentedApi.Load(Services);

    [TearDown]
    public void Close() => _api.Dispose();

    [Test]
    public async Task Should_register_log_in_and_order()
    {
        var admin = new { email = "admin@shopsaga.local", password = "local-admin-password" };
        _api.Token = Text((await _api.Call("logIn", admin)).Body!, "accessToken");
        var (listedStatus, listed) = await _api.Call(
            "listProduct", new { name = "Lamp", category = "Documented", price = 12_000, stockQuantity = 5 });
        var productId = Number(listed!, "id");

        var (email, password) = ($"documented-{Guid.NewGuid():N}@example.com", "a long password");
        var (registeredStatus, user) = await _api.Call("registerUser", new { email, password, name = "Doc" });
        _api.Token = Text((await _api.Call("logIn", new { email, password })).Body!, "accessToken");
        await _api.Call("readProfile");
        await _api.Call("browseProducts");
        await _api.Call("readProduct", null, ("id", productId));
        await Eventually.Is(
            async () => (await _api.Call("putItem", new { quantity = 1 }, ("productId", productId))).Status == 200,
            "Orders knows the product, whose price reaches it by an event");
        await _api.Call("readCart");
        var (placedStatus, order) = await _api.Call(
            "placeOrder", new { lines = new[] { new { productId, quantity = 2 } }, paymentMethod = "CARD" });
        var orderId = Number(order!, "id");

        Assert.That((listedStatus, registeredStatus, placedStatus), Is.EqualTo((201, 201, 202)));
        Assert.That(Number(order!, "userId"), Is.EqualTo(Number(user!, "id")));
        var confirmed = await Eventually.Get(
            async () =>
                (await _api.Call("readOrder", null, ("id", orderId))).Body is { } read && Text(read, "status") == "CONFIRMED" ? read : null,
            () => $"order {orderId} is not confirmed");
        await _api.Call("readPayment", null, ("id", Number(confirmed, "paymentId")));
        await _api.Call("listPayments");
        await _api.Call("listOrders");
        await _api.Call("readHistory", null, ("id", orderId));
        Assert.That((await _api.Call("cancelOrder", null, ("id", orderId))).Status, Is.EqualTo(202));
        Assert.That((await _api.Call("readKeys")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Should_find_every_refusal_documented()
    {
        using var customer = await CustomerClient.Register();
        Assert.That(
            (await _api.Call("registerUser", new { email = "admin@shopsaga.local", password = "a long password", name = "Doc" })).Status,
            Is.EqualTo(409));
        Assert.That((await _api.Call("logIn", new { email = "nobody@example.com", password = "a long password" })).Status, Is.EqualTo(401));
        Assert.That((await _api.Call("readProduct", null, ("id", long.MaxValue))).Status, Is.EqualTo(404));
        _api.Token = "no token";
        foreach (var operation in _api.Operations.Where(operation => operation.NeedsToken))
        {
            Assert.That(
                (await _api.Call(operation.Id, null, ("id", 1), ("productId", 1), ("date", "2025-01-31"), ("yearMonth", "2025-01"))).Status,
                Is.EqualTo(401),
                operation.Id);
        }
    }

    [Test]
    public void Should_find_the_documents_complete()
    {
        Assert.Multiple(() =>
        {
            foreach (var document in _api.Documents)
            {
                Assert.That(Text(document, "openapi"), Does.StartWith("3.1"));
                Assert.That(
                    document["servers"]!.AsArray().Select(server => Text(server!, "url")),
                    Is.EqualTo(new[] { "/" }),
                    "no address from inside");
                Assert.That(document["components"]!["securitySchemes"]!["bearer"]!["bearerFormat"]!.GetValue<string>(), Is.EqualTo("JWT"));
            }

            foreach (var operation in _api.Operations)
            {
                var responses = operation.Json["responses"]!.AsObject();
                Assert.That(operation.Json["summary"], Is.Not.Null, operation.Id);
                Assert.That(operation.Json["tags"]!.AsArray(), Has.Count.EqualTo(1), operation.Id);
                Assert.That(responses.Any(response => response.Key.StartsWith('2')), operation.Id);
                Assert.That(responses["429"], Is.Not.Null, operation.Id);
                Assert.That(responses["503"], Is.Not.Null, operation.Id);
                Assert.That(
                    responses["401"] is not null,
                    Is.EqualTo(operation.NeedsToken || operation.Id is "logIn" or "refreshTokens" or "receiveWebhook"),
                    operation.Id);
                foreach (var (status, response) in responses.Where(response => response.Key[0] is '4' or '5'))
                {
                    var content = response!["content"]!["application/problem+json"]!;
                    Assert.That(content["examples"]!.AsObject(), Is.Not.Empty, $"{operation.Id} {status}");
                    Assert.That(
                        content["examples"]!.AsObject()
                            .SelectMany(example => JsonSchema.Complaints(content["schema"]!, example.Value!["value"], operation.Document)),
                        Is.Empty,
                        $"{operation.Id} {status}");
                }

                if (operation.Json["requestBody"] is { } body)
                {
                    var json = body["content"]!["application/json"]!;
                    Assert.That(json["example"], Is.Not.Null, operation.Id);
                    Assert.That(JsonSchema.Complaints(json["schema"]!, json["example"], operation.Document), Is.Empty, operation.Id);
                    Assert.That(responses["400"], Is.Not.Null, operation.Id);
                    Assert.That(responses["413"], Is.Not.Null, operation.Id);
                    Assert.That(responses["415"], Is.Not.Null, operation.Id);
                }
            }
        });
    }

    [Test]
    public void Should_be_valid_documents_to_the_reader_of_OpenAPI() => Assert.Multiple(() =>
    {
        foreach (var (service, text) in _api.Texts)
        {
            var diagnostic = OpenApiDocument.Parse(text, OpenApiConstants.Json).Diagnostic!;
            Assert.That(diagnostic.Errors.Concat(diagnostic.Warnings).Select(error => $"{error}"), Is.Empty, service);
        }
    });

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static long Number(JsonNode node, string member) => node[member]!.GetValue<long>();
}
