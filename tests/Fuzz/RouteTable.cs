using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShopSaga.Fuzz;

/// <summary>Who may call a route.</summary>
internal enum Access
{
    Anyone,
    User,
    Admin,
}

/// <summary>A route with a valid request.</summary>
/// <param name="Access">Who may call it.</param>
/// <param name="Method">Such as GET.</param>
/// <param name="Path">With placeholders for data of the world: <c>{order}</c>, <c>{product}</c>.</param>
internal sealed record Route(Access Access, string Method, string Path)
{
    private const string AnyName = "{message}";
    private static readonly Random None = new(0);

    /// <summary>Creates a valid body, if the route takes one.</summary>
    public Func<World, Random, object>? Body { get; init; }

    /// <summary>Query parameters with valid values.</summary>
    public (string Name, string Value)[] Query { get; init; } = [];

    /// <summary>Headers with valid values.</summary>
    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>Whether the content type must be JSON; a webhook's is not checked.</summary>
    public bool TakesJson => Body is not null && Path != "/webhooks/psp";

    /// <summary>Whether the resource in its path has an owner.</summary>
    public bool HasOwner => Path.Contains("{order}", StringComparison.Ordinal) || Path.Contains("{payment}", StringComparison.Ordinal);

    public string Name => $"{Method} {Path}";

    /// <summary>Whether the other route's path leads here as well: it is the same, or has a name where this one takes any.</summary>
    public bool HasPathOf(Route other) =>
        RouteTable.Shape(Path) == RouteTable.Shape(other.Path) || Path.Replace(AnyName, other.Path.Split('/')[^1], StringComparison.Ordinal)
            == other.Path;

    public string PathFor(World world, Account whose) => Path
        .Replace("{order}", $"{whose.OrderId}", StringComparison.Ordinal)
        .Replace("{payment}", $"{whose.PaymentId}", StringComparison.Ordinal)
        .Replace("{product}", $"{world.ProductId}", StringComparison.Ordinal)
        .Replace("{spare}", $"{world.SpareId}", StringComparison.Ordinal)
        .Replace("{date}", "2025-01-31", StringComparison.Ordinal)
        .Replace("{month}", "2025-01", StringComparison.Ordinal)
        .Replace("{code}", "not-found", StringComparison.Ordinal)
        .Replace("{message}", "no-such-message", StringComparison.Ordinal)
        .Replace("{group}", "no-such-group", StringComparison.Ordinal)
        .Replace("{return}", "1", StringComparison.Ordinal);

    public JsonObject? BodyFor(World world, Random? random = null) =>
        Body is null ? null : System.Text.Json.JsonSerializer.SerializeToNode(Body(world, random ?? None))!.AsObject();
}

/// <summary>All routes, compared with the services' OpenAPI documents.</summary>
internal static partial class RouteTable
{
    private static readonly string[] Services = ["users", "products", "orders", "payments", "settlement", "operations"];
    private static readonly (string, string)[] Paging = [("limit", "20"), ("cursor", "AAAAAAAAAAE")];
    private static readonly (string, string)[] Placing = [("Idempotency-Key", "a-key"), ("Prefer", "wait=1")];

    /// <summary>Exactly the routes in the OpenAPI documents.</summary>
    public static readonly Route[] Documented =
    [
        new(Access.Anyone, "POST", "/users")
        {
            Body = (_, random) => new { email = $"fuzz-{random.NextInt64():x}@example.com", password = "a long password", name = "Fuzz" },
        },
        new(Access.User, "GET", "/users/me"),
        new(Access.User, "PUT", "/users/me") { Body = (_, _) => new { name = "Attacker" } },
        new(Access.User, "DELETE", "/users/me") { Body = (_, _) => new { password = "not the password" } },
        new(Access.User, "GET", "/users/me/export"),
        new(
            Access.User,
            "PUT",
            "/users/me/password") { Body = (_, _) => new { currentPassword = "not the password", newPassword = "another password" } },
        new(
            Access.Anyone,
            "POST",
            "/auth/login") { Body = (world, _) => new { email = world.Victim.Email, password = "a wrong password" } },
        new(Access.Anyone, "POST", "/auth/refresh") { Body = (_, _) => new { refreshToken = "no-such-token" } },
        new(Access.Anyone, "POST", "/auth/logout") { Body = (_, _) => new { refreshToken = "no-such-token" } },
        new(Access.Anyone, "GET", "/.well-known/jwks.json"),

        new(Access.Anyone, "GET", "/products") { Query = [("category", "Fuzz"), ("q", "thing"), .. Paging] },
        new(Access.Anyone, "GET", "/products/{product}") { Headers = [("If-None-Match", "\"1\"")] },
        new(Access.Admin, "POST", "/products") { Body = (_, _) => new { name = "Thing", category = "Fuzz", price = 1, stockQuantity = 1 } },
        new(Access.Admin, "PUT", "/products/{product}")
        {
            Body = (_, _) => new { name = "Thing", category = "Fuzz", price = 1_000 }, Headers = [("If-Match", "\"1\"")],
        },
        new(Access.Admin, "POST", "/products/{product}/stock") { Body = (_, _) => new { delta = 1 } },
        new(Access.Admin, "DELETE", "/products/{spare}"),

        new(Access.User, "POST", "/orders")
        {
            Body = (world, random) => random.Next(2) == 0
                ? new { productId = world.ProductId, quantity = 1, paymentMethod = "CARD" }
                : new { lines = new[] { new { productId = world.ProductId, quantity = 1 } }, paymentMethod = "CARD" },
            Headers = Placing,
        },
        new(Access.User, "GET", "/orders") { Query = [("status", "CONFIRMED"), .. Paging] },
        new(Access.User, "GET", "/orders/export"),
        new(Access.User, "GET", "/orders/{order}"),
        new(Access.User, "GET", "/orders/{order}/history"),
        new(Access.User, "GET", "/orders/{order}/events") { Headers = [("Last-Event-ID", "1")] },
        new(Access.User, "POST", "/orders/{order}/cancel"),
        new(Access.User, "GET", "/cart"),
        new(Access.User, "DELETE", "/cart"),
        new(Access.User, "PUT", "/cart/items/{product}") { Body = (_, _) => new { quantity = 1 } },
        new(Access.User, "DELETE", "/cart/items/{product}"),
        new(Access.User, "POST", "/cart/checkout") { Body = (_, _) => new { paymentMethod = "CARD" }, Headers = Placing },

        new(Access.User, "GET", "/payments") { Query = [("orderId", "1"), .. Paging] },
        new(Access.User, "GET", "/payments/{payment}"),
        new(Access.Admin, "POST", "/payments/{payment}/cancel"),
        new(Access.Anyone, "POST", "/webhooks/psp")
        {
            Body = (_, _) =>
                new
                {
                    id = "evt-1",
                    type = "charge.succeeded",
                    data = new { id = 1, idempotencyKey = "order-1", amount = 1, chargedAt = "2025-01-31T00:00:00Z" },
                },
            Headers = [("Psp-Signature", "t=1,v1=0000000000000000000000000000000000000000000000000000000000000000")],
        },

        new(
            Access.Admin,
            "GET",
            "/settlements/daily") { Query = [("from", "2025-01-01"), ("to", "2025-01-31")], Headers = [("Accept", "text/csv")] },
        new(Access.Admin, "GET", "/settlements/daily/{date}") { Headers = [("Accept", "text/csv")] },
        new(Access.Admin, "POST", "/settlements/daily/{date}/close"),
        new(Access.Admin, "GET", "/settlements/monthly") { Query = [("year", "2025")], Headers = [("Accept", "text/csv")] },
        new(Access.Admin, "GET", "/settlements/monthly/{month}") { Headers = [("Accept", "text/csv")] },
        new(Access.Admin, "POST", "/settlements/monthly/{month}/close"),
        new(Access.Admin, "GET", "/settlements/reconciliation/{date}") { Headers = [("Accept", "text/csv")] },

        new(Access.Admin, "GET", "/operations/services"),
        new(Access.Admin, "GET", "/operations/queues"),
        new(Access.Admin, "GET", "/operations/outboxes"),
        new(Access.Admin, "GET", "/operations/open-orders"),
        new(Access.Admin, "GET", "/operations/failed-messages") { Query = [("limit", "20")] },
        new(Access.Admin, "GET", "/operations/failed-messages/groups"),
        new(Access.Admin, "GET", "/operations/failed-messages/{message}"),
        new(Access.Admin, "POST", "/operations/failed-messages/return"),
        new(Access.Admin, "POST", "/operations/failed-messages/groups/{group}/return"),
        new(Access.Admin, "POST", "/operations/failed-messages/{message}/return"),
        new(Access.Admin, "GET", "/operations/returns"),
        new(Access.Admin, "GET", "/operations/returns/{return}"),
    ];

    /// <summary>Routes of the gateway itself.</summary>
    private static readonly Route[] ItsOwn =
    [
        .. Services.Select(service => new Route(Access.Anyone, "GET", $"/openapi/{service}.json")),
        new(Access.Anyone, "GET", "/swagger/index.html"),
        new(Access.Anyone, "GET", "/health/live"),
        new(Access.Anyone, "GET", "/health/ready"),
        new(Access.Anyone, "GET", "/metrics"),
        new(Access.Anyone, "GET", "/problems/{code}"),
    ];

    public static readonly Route[] All = [.. Documented, .. ItsOwn];

    /// <summary>Routes that are documented but not in this table, or the reverse.</summary>
    public static async Task<List<string>> Differences(Uri gateway, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = gateway };
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in Services)
        {
            var document = JsonNode.Parse(await http.GetStringAsync($"openapi/{service}.json", cancellationToken))!;
            told.UnionWith(
                from path in document["paths"]!.AsObject()
                from operation in path.Value!.AsObject()
                where operation.Key is not ("parameters" or "summary" or "description" or "servers")
                select Shape($"{operation.Key.ToUpperInvariant()} {path.Key}"));
        }

        var known = Documented.Select(route => Shape(route.Name)).ToHashSet(StringComparer.Ordinal);
        return [.. told.Except(known).Select(route => $"{route} is documented but not in RouteTable."),
            .. known.Except(told).Select(route => $"{route} is attacked, and no document tells of it.")];
    }

    internal static string Shape(string name) => InBraces().Replace(name, "{}").TrimEnd('/');

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex InBraces();
}
