using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ShopSaga.Fuzz;

/// <summary>Whom a route lets in.</summary>
internal enum Who
{
    Anyone,
    User,
    Admin,
}

/// <summary>A route, with what it takes when all is well.</summary>
/// <param name="Who">Whom it lets in.</param>
/// <param name="Method">Such as GET.</param>
/// <param name="Path">With what stands in braces filled in from the world: <c>{order}</c>, <c>{product}</c>.</param>
internal sealed record Route(Who Who, string Method, string Path)
{
    private static readonly Random None = new(0);

    /// <summary>A body that it takes, where it takes one.</summary>
    public Func<World, Random, object>? Body { get; init; }

    /// <summary>Query parameters that it reads, with a value that it takes.</summary>
    public (string Name, string Value)[] Query { get; init; } = [];

    /// <summary>Headers that it heeds, with a value that it takes.</summary>
    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>Whether the body must be declared as JSON; a webhook's is only signed.</summary>
    public bool TakesJson => Body is not null && Path != "/webhooks/psp";

    /// <summary>Whether the thing in its path belongs to somebody.</summary>
    public bool IsAboutSomebodys => Path.Contains("{order}", StringComparison.Ordinal) || Path.Contains("{payment}", StringComparison.Ordinal);

    public string Name => $"{Method} {Path}";

    /// <summary>Whether the other differs by its method alone.</summary>
    public bool HasPathOf(Route other) => RouteTable.Shape(Path) == RouteTable.Shape(other.Path);

    public string PathFor(World world, Account whose) => Path
        .Replace("{order}", $"{whose.OrderId}", StringComparison.Ordinal)
        .Replace("{payment}", $"{whose.PaymentId}", StringComparison.Ordinal)
        .Replace("{product}", $"{world.ProductId}", StringComparison.Ordinal)
        .Replace("{spare}", $"{world.SpareId}", StringComparison.Ordinal)
        .Replace("{date}", "2025-01-31", StringComparison.Ordinal)
        .Replace("{month}", "2025-01", StringComparison.Ordinal)
        .Replace("{code}", "not-found", StringComparison.Ordinal);

    public JsonObject? BodyFor(World world, Random? random = null) =>
        Body is null ? null : System.Text.Json.JsonSerializer.SerializeToNode(Body(world, random ?? None))!.AsObject();
}

/// <summary>Every route there is, held against the documents that the services give of themselves.</summary>
internal static partial class RouteTable
{
    private static readonly string[] Services = ["users", "products", "orders", "payments", "settlement"];
    private static readonly (string, string)[] Paging = [("limit", "20"), ("cursor", "AAAAAAAAAAE")];
    private static readonly (string, string)[] Placing = [("Idempotency-Key", "a-key"), ("Prefer", "wait=1")];

    /// <summary>What the services' documents must tell of, neither more nor less.</summary>
    public static readonly Route[] Documented =
    [
        new(Who.Anyone, "POST", "/users")
        {
            Body = (_, random) => new { email = $"fuzz-{random.NextInt64():x}@example.com", password = "a long password", name = "Fuzz" },
        },
        new(Who.User, "GET", "/users/me"),
        new(Who.User, "PUT", "/users/me") { Body = (_, _) => new { name = "Attacker" } },
        new(Who.User, "PUT", "/users/me/password") { Body = (_, _) => new { currentPassword = "not the password", newPassword = "another password" } },
        new(Who.Anyone, "POST", "/auth/login") { Body = (world, _) => new { email = world.Victim.Email, password = "a wrong password" } },
        new(Who.Anyone, "POST", "/auth/refresh") { Body = (_, _) => new { refreshToken = "no-such-token" } },
        new(Who.Anyone, "POST", "/auth/logout") { Body = (_, _) => new { refreshToken = "no-such-token" } },
        new(Who.Anyone, "GET", "/.well-known/jwks.json"),

        new(Who.Anyone, "GET", "/products") { Query = [("category", "Fuzz"), ("q", "thing"), .. Paging] },
        new(Who.Anyone, "GET", "/products/{product}") { Headers = [("If-None-Match", "\"1\"")] },
        new(Who.Admin, "POST", "/products") { Body = (_, _) => new { name = "Thing", category = "Fuzz", price = 1, stockQuantity = 1 } },
        new(Who.Admin, "PUT", "/products/{product}")
        {
            Body = (_, _) => new { name = "Thing", category = "Fuzz", price = 1_000 }, Headers = [("If-Match", "\"1\"")],
        },
        new(Who.Admin, "POST", "/products/{product}/stock") { Body = (_, _) => new { delta = 1 } },
        new(Who.Admin, "DELETE", "/products/{spare}"),

        new(Who.User, "POST", "/orders")
        {
            Body = (world, random) => random.Next(2) == 0
                ? new { productId = world.ProductId, quantity = 1, paymentMethod = "CARD" }
                : new { lines = new[] { new { productId = world.ProductId, quantity = 1 } }, paymentMethod = "CARD" },
            Headers = Placing,
        },
        new(Who.User, "GET", "/orders") { Query = [("status", "CONFIRMED"), .. Paging] },
        new(Who.User, "GET", "/orders/{order}"),
        new(Who.User, "GET", "/orders/{order}/history"),
        new(Who.User, "GET", "/orders/{order}/events") { Headers = [("Last-Event-ID", "1")] },
        new(Who.User, "POST", "/orders/{order}/cancel"),
        new(Who.User, "GET", "/cart"),
        new(Who.User, "DELETE", "/cart"),
        new(Who.User, "PUT", "/cart/items/{product}") { Body = (_, _) => new { quantity = 1 } },
        new(Who.User, "DELETE", "/cart/items/{product}"),
        new(Who.User, "POST", "/cart/checkout") { Body = (_, _) => new { paymentMethod = "CARD" }, Headers = Placing },

        new(Who.User, "GET", "/payments") { Query = [("orderId", "1"), .. Paging] },
        new(Who.User, "GET", "/payments/{payment}"),
        new(Who.Admin, "POST", "/payments/{payment}/cancel"),
        new(Who.Anyone, "POST", "/webhooks/psp")
        {
            Body = (_, _) => new { id = "evt-1", type = "charge.succeeded", data = new { id = 1, idempotencyKey = "order-1", amount = 1, chargedAt = "2025-01-31T00:00:00Z" } },
            Headers = [("Psp-Signature", "t=1,v1=0000000000000000000000000000000000000000000000000000000000000000")],
        },

        new(Who.Admin, "GET", "/settlements/daily") { Query = [("from", "2025-01-01"), ("to", "2025-01-31")], Headers = [("Accept", "text/csv")] },
        new(Who.Admin, "GET", "/settlements/daily/{date}") { Headers = [("Accept", "text/csv")] },
        new(Who.Admin, "POST", "/settlements/daily/{date}/close"),
        new(Who.Admin, "GET", "/settlements/monthly") { Query = [("year", "2025")], Headers = [("Accept", "text/csv")] },
        new(Who.Admin, "GET", "/settlements/monthly/{month}") { Headers = [("Accept", "text/csv")] },
        new(Who.Admin, "POST", "/settlements/monthly/{month}/close"),
        new(Who.Admin, "GET", "/settlements/reconciliation/{date}") { Headers = [("Accept", "text/csv")] },
    ];

    /// <summary>What the gateway answers by itself.</summary>
    private static readonly Route[] ItsOwn =
    [
        .. Services.Select(service => new Route(Who.Anyone, "GET", $"/openapi/{service}.json")),
        new(Who.Anyone, "GET", "/swagger/index.html"),
        new(Who.Anyone, "GET", "/health/live"),
        new(Who.Anyone, "GET", "/health/ready"),
        new(Who.Anyone, "GET", "/metrics"),
        new(Who.Anyone, "GET", "/problems/{code}"),
    ];

    public static readonly Route[] All = [.. Documented, .. ItsOwn];

    /// <summary>Routes that a document tells of and this table does not, or the other way round.</summary>
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
        return [.. told.Except(known).Select(route => $"{route} is documented, and nobody attacks it: add it to RouteTable."),
            .. known.Except(told).Select(route => $"{route} is attacked, and no document tells of it.")];
    }

    internal static string Shape(string name) => InBraces().Replace(name, "{}").TrimEnd('/');

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex InBraces();
}
