using System.Text;
using System.Text.Json.Nodes;

namespace ShopSaga.Fuzz;

/// <summary>
/// Generates the requests. Request <c>n</c> depends only on the seed and <c>n</c>: the routes take turns, and the mutation of a route is
/// random.
/// </summary>
internal sealed class RequestGenerator(World world, int seed)
{
    private const string MarkOfFragment = "@fragment@";
    private const int LargestBody = 64 * 1024;

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("Idempotency-Key",
            ["", " ", "a b", "a\tb", "ключ", "ÿ", new string('k', 255), new string('k', 256), new string('k', 7_000), "a,b", "\"a\""]),
        ("Prefer",
            ["wait", "wait=", "wait=0", "wait=-1", "wait=1.5", "wait=abc", "wait=99999999999999999999", "wait=\"1\"", "wait=1;x",
             "respond-async", "wait=1, wait=30", "Wait=1", "wait =1", ",,,", "=", "é", ";;"]),
        ("If-Match", ["*", "", "1", "\"", "W/\"1\"", "\"1\", \"2\"", "\"é\"", "\"1\"\"2\"", ",", "\"" + new string('9', 3_000) + "\""]),
        ("If-None-Match", ["*", "", "1", "\"", "W/\"1\"", "\"1\", \"2\"", "é", ","]),
        ("Last-Event-ID", ["", "0", "-1", "x", "1.5", "99999999999999999999", "é", "1, 2", new string('1', 5_000)]),
        ("Accept",
            ["", "*/*", "text/csv", "text/csv;q=0", "text/csv;q=x", "application/xml", "é", ";", "/", new string('a', 5_000),
             "text/event-stream", "application/problem+xml"]),
        ("Accept-Encoding", ["gzip", "br", "*;q=0", "identity;q=0", "x"]),
        ("Authorization", ["", " ", "Bearer", "é"]),
        ("Psp-Signature",
            ["", "t=", "t=1", "t=1,v1=", "v1=00,t=1", "t=-1,v1=zz", "t=99999999999999999999,v1=" + new string('0', 64),
             "t=1,v1=" + new string('é', 64), ",,,,", new string('t', 5_000)]),
        ("traceparent",
            ["", "00", "00-00000000000000000000000000000000-0000000000000000-00",
             "00-" + new string('a', 32) + "-" + new string('b', 16) + "-01", "ff-zz", "é", new string('0', 3_000)]),
        ("tracestate", ["", "a=b,c", new string('x', 5_000)]),
        ("baggage", ["a=b", "=", new string('x', 5_000)]),
        ("X-Forwarded-For", ["127.0.0.1", "x", "1.2.3.4, 5.6.7.8", "é", ""]),
        ("X-Forwarded-Host", ["evil.example", "é"]),
        ("X-Forwarded-Prefix", ["/evil"]),
        ("X-Original-URL", ["/internal/statements"]),
        ("X-HTTP-Method-Override", ["DELETE", "GET"]),
        ("Forwarded", ["for=127.0.0.1;host=evil.example", "é"]),
        ("Range", ["bytes=0-", "bytes=-1", "x"]),
        ("Origin", ["https://evil.example", "null", "é"]),
        ("Access-Control-Request-Method", ["DELETE"]),
        ("Cookie", ["a=b", new string('c', 5_000), "é"]),
        ("Content-Encoding", ["gzip", "x"]),
        ("Upgrade", ["websocket", "h2c"]),
        ("Expect", ["100-continue", "x"]),
        ("TE", ["trailers", "gzip"]),
        ("Trailer", ["Authorization"]),
        ("Via", ["1.1 evil"]),
        ("Max-Forwards", ["0", "x"]),
        ("Accept-Language", ["ko", "é", new string('l', 3_000)]),
        ("User-Agent", ["", HostileValues.ForgedLine, "é", new string('u', 5_000), "${jndi:ldap://127.0.0.1/x}"]),
        ("Referer", ["javascript:alert(1)", "é"]),
        ("nsb-header", ["NServiceBus.MessageId"]),
    ];

    private static readonly string[] Methods =
    [
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECTED", "PROPFIND", "get", "X",
    ];

    private static readonly string[] UnknownTargets =
    [
        "/nothing", "/internal", "/internal/statements/2025-01-01", "/internal/metrics", "/INTERNAL/statements", "//internal/statements",
        "/./internal/statements", "/products/../internal/statements",
        "/products/%2e%2e/internal/statements", "/%69nternal/statements", "/internal%2fstatements", "/admin", "/.env", "/.git/config",
        "/robots.txt", "/favicon.ico", "/index.php", "/users", "/users/1", "/users/me/orders",
        "/orders/", "/orders//1", "/orders/1/2", "/ORDERS/x", "/openapi/internal.json", "/openapi/../users", "/swagger/../internal",
        "/swagger/nothing.js", "/health", "/health/", "/problems/", "/problems/../../etc/passwd",
        "/problems/%3Cscript%3E", "/webhooks/other", "/settlements", "/settlements/yearly", "/cart/items", "/auth", "/payments/1/refund",
        "/products/1/stock/2", "/%00", "/%0d%0aX-Injected:%20yes", "/%ff%fe", "/a%", "/a%zz", "/😀", "/" + new string('a', 6_000),
    ];

    private readonly List<(string Kind, Func<Route, bool> Applies, Func<HostileRequest, Random, HostileRequest> Make)> _kinds =
    [
        ("as it should be", _ => true, (attempt, _) => attempt),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member with another value", route => route.Body is not null, WithHostileMember),
        ("a member missing, twice or unknown", route => route.Body is not null, WithOtherMembers),
        ("a body that is no JSON", route => route.Body is not null, (attempt, random) => attempt with { Body = Some(random) }),
        ("a body of random changes", route => route.Body is not null, WithFlippedBytes),
        ("a body where none is taken", route => route.Body is null,
            (attempt, random) => attempt with { Body = Some(random), IsChunked = random.Next(3) == 0 }),
        ("a body of another type", route => route.TakesJson, (attempt, random) =>
            attempt with
            {
                Headers = [.. Without(
                    attempt,
                    "Content-Type"), .. random.Next(8) == 0 ? [] : new[] { ("Content-Type", random.Pick(HostileValues.ContentTypes)) }],
                Expected = [415],
            }),
        ("a body over 64 KiB, declared", _ => true,
            (attempt, random) => Large(attempt, random) with { Expected = attempt.Route.TakesJson ? [413] : [] }),
        ("a body over 64 KiB, in chunks", route => route.Body is not null,
            (attempt, random) => Large(attempt, random) with { IsChunked = true, Expected = attempt.Route.TakesJson ? [413] : [] }),
        ("a body announced and never sent", _ => true, (attempt, random) =>
            attempt with { Body = [], DeclaredLength = random.Pick(
                [65_537L, 1L << 31, 1L << 40, long.MaxValue]), Expected = attempt.Route.Body is null ? [] : [413] }),
        ("a body that breaks off", route => route.Body is not null, (attempt, random) =>
            attempt with { DeclaredLength = attempt.Body!.Length + random.Next(1, 1_000), IsTruncated = true }),
        ("another value in the path", route => route.Path.Contains('{', StringComparison.Ordinal), WithHostilePath),
        ("another value in the path", route => route.Path.Contains(
            "{order}", StringComparison.Ordinal) || route.Path.Contains("{date}", StringComparison.Ordinal), WithHostilePath),
        ("another value in the query", _ => true, WithHostileQuery),
        ("another value in the query", route => route.Query.Length > 0, WithHostileQuery),
        ("another value in the query", route => route.Query.Length > 0, WithHostileQuery),
        ("another value in a header", _ => true, WithHostileHeader),
        ("another value in a header", _ => true, WithHostileHeader),
        ("many or long headers", _ => true, WithManyHeaders),
    ];

    /// <summary>The request with this number.</summary>
    public HostileRequest Make(int number)
    {
        var random = new Random(Mixed(seed, number));
        var route = RouteTable.All[number % RouteTable.All.Length];
        return random.Next(20) switch
        {
            0 => BrokenHttp(route, random),
            1 => Unknown(random),
            2 => OtherMethod(route, random),
            3 or 4 => Forged(route, random),
            5 => Spoofed(route, random),
            6 => ForeignResource(route, random),
            7 => Anonymous(route, random),
            _ => Drawn(route, random),
        };
    }

    /// <summary>Mixes the bits: neighbouring seeds of <see cref="Random"/> start with similar values.</summary>
    internal static int Mixed(int seed, int number)
    {
        unchecked
        {
            var mixed = ((uint)seed * 0x9E3779B1) ^ ((uint)number * 0x85EBCA77);
            mixed = (mixed ^ (mixed >> 15)) * 0x2C1B3C6D;
            mixed = (mixed ^ (mixed >> 12)) * 0x297A2D39;
            return (int)(mixed ^ (mixed >> 15));
        }
    }

    private HostileRequest Drawn(Route route, Random random)
    {
        var (kind, _, make) = random.Pick([.. _kinds.Where(kind => kind.Applies(route))]);
        return make(Valid(kind, route, random), random);
    }

    internal HostileRequest Valid(string kind, Route route, Random random)
    {
        var headers = new List<(string, string)>(route.Headers.Where(_ => random.Next(3) == 0));
        if (route.Access is not Access.Anyone)
        {
            headers.Add(("Authorization", "Bearer " + (route.Access is Access.Admin ? world.Admin : world.Attacker).Token));
        }

        if (route.Body is not null)
        {
            headers.Add(("Content-Type", "application/json"));
        }

        return new HostileRequest(kind, route)
        {
            Method = route.Method,
            Target = route.PathFor(world, world.Attacker) + Query(route.Query.Where(_ => random.Next(2) == 0)),
            Headers = headers,
            Body = route.BodyFor(world, random) is { } body ? Encoding.UTF8.GetBytes(body.ToJsonString()) : null,
            MaySeeVictim = route.Access is Access.Admin,
        };
    }

    private HostileRequest Anonymous(Route route, Random random)
    {
        var attempt = Valid("without a token", route, random);
        return attempt with
        {
            Headers = Without(attempt, "Authorization"),
            Expected = route.Access is Access.Anyone ? [] : [401],
            MaySeeVictim = false
        };
    }

    private HostileRequest Forged(Route route, Random random)
    {
        var attempt = Valid("with a forged token", route, random);
        return attempt with
        {
            Headers = [.. Without(attempt, "Authorization"), ("Authorization", ForgedTokens.Any(world, random))],
            Expected = route.Access is Access.Anyone ? [] : [401],
            MaySeeVictim = false,
        };
    }

    /// <summary>A customer who sends the headers by which the gateway identifies another user.</summary>
    private HostileRequest Spoofed(Route route, Random random)
    {
        var attempt = Valid("with headers of the gateway's own", route, random);
        string[] names = ["X-User-Id", "x-user-id", "X-USER-ID", "X-User-Role", "X_User_Id", "X-User-Anything"];
        return attempt with
        {
            Headers =
            [
                .. Without(attempt, "Authorization"), ("Authorization", "Bearer " + world.Attacker.Token),
                (random.Pick(names), $"{world.Victim.Id}"), ("X-User-Id", $"{world.Victim.Id}"), ("X-User-Role", "admin"),
            ],
            Expected = route.Access is Access.Admin ? [403] : [],
            MaySeeVictim = false,
        };
    }

    /// <summary>A customer who requests another user's or an administrator's resources.</summary>
    private HostileRequest ForeignResource(Route route, Random random)
    {
        var attempt = Valid("another user's resource", route, random);
        var query = route.Path is "/payments" ? $"?orderId={world.Victim.OrderId}" : $"?userId={world.Victim.Id}&user={world.Victim.Email}";
        return attempt with
        {
            Target = route.PathFor(world, world.Victim) + query,
            Headers = [.. Without(attempt, "Authorization"), ("Authorization", "Bearer " + world.Attacker.Token)],
            Expected = route.Access is Access.Admin ? [403] : route.HasOwner ? [404] : [],
            MaySeeVictim = false,
        };
    }

    /// <summary>As a customer: an administrator's request might delete data that the campaign needs.</summary>
    private HostileRequest OtherMethod(Route route, Random random)
    {
        var method = random.Pick(Methods);
        // HEAD is there where GET is (RFC 9110, section 9.1).
        var answered = method == "HEAD" ? "GET" : method;
        var isThere = RouteTable.All.Any(
            other => other.Method.Equals(answered, StringComparison.OrdinalIgnoreCase) && other.HasPathOf(route));
        var attempt = Valid("another method", route, random);

        // The pages of Swagger UI are files, which allow HEAD and answer 404 to other methods.
        return attempt with
        {
            Method = method,
            Headers = [.. Without(attempt, "Authorization"), ("Authorization", "Bearer " + world.Attacker.Token)],
            MaySeeVictim = false,
            Expected = isThere || route.Path.StartsWith("/swagger", StringComparison.Ordinal) ? [] : [405],
            IsInvalidHttp = method == "TRACE",
        };
    }

    private HostileRequest Unknown(Random random) => new("a route that is not there", new Route(Access.Anyone, "*", "(none)"))
    {
        Method = random.Pick(["GET", "POST", "PUT", "DELETE"]),
        Target = random.Pick(UnknownTargets),
        Headers = random.Next(2) == 0 ? [] : [("Authorization", "Bearer " + world.Attacker.Token)],
        IsInvalidHttp = true,
    };

    private HostileRequest BrokenHttp(Route route, Random random)
    {
        var (path, token) = (route.PathFor(world, world.Attacker), world.Attacker.Token);
        var start = $"{route.Method} {path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n";
        var smuggled = $"GET /orders/{world.Victim.OrderId} HTTP/1.1\r\nHost: shop.example\r\nX-User-Id: {world.Victim.Id}\r\nConnection: "
            + "close\r\n\r\n";
        string[] raw =
        [
            "\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", $"{route.Method} {path}\r\n\r\n", $"{route.Method} {path} HTTP/9.9\r\n\r\n",
            $"{route.Method} {path} HTTP/1.1\r\n\r\n", $"{route.Method} {path} HTTP/1.0\r\n\r\n",
            $"{route.Method}  {path}  HTTP/1.1\r\nHost: a\r\n\r\n", $"{route.Method} {path} x HTTP/1.1\r\nHost: a\r\n\r\n",
            $"{route.Method} http://evil.example{path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n",
            $"{route.Method} * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", $"CONNECT {path} HTTP/1.1\r\nHost: a\r\n\r\n",
            $"{route.Method} {path}\0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            start + "Host: other\r\n\r\n", start.Replace("shop.example", "a b", StringComparison.Ordinal)
                + "\r\n", start.Replace("shop.example", "evil.example@x", StringComparison.Ordinal) + "\r\n", start
                + " folded: yes\r\n\r\n",
            start + "No colon\r\n\r\n", start + ": no name\r\n\r\n", start + "Name : blank\r\n\r\n", start + "X-A: a\0b\r\n\r\n", start
                + "X-A: a\rX-Injected: yes\r\n\r\n", start + "X-A: a\nX-Injected: yes\r\n\r\n", start + "X-A: \u0001\r\n\r\n",
            start + "Content-Length: -1\r\n\r\n", start + "Content-Length: x\r\n\r\n", start
                + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", start + "Content-Length: 99999999999999999999\r\n\r\n", start
                + "Content-Length: +2\r\n\r\n{}",
            start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + smuggled, start
                + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", start
                + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            start + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", start
                + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", start
                + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", start + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
            start + "Transfer-Encoding: chunked\r\n\r\n2;" + new string('x', 9_000) + "\r\n{}\r\n0\r\n\r\n", start
                + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nX-User-Id: 1\r\n\r\n",
            start + "Content-Length: 0\r\n\r\n" + smuggled, start + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                + smuggled, start
                + $"X-A: {new string('a', 40_000)}\r\n\r\n", $"GET /{new string('a', 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n",
            start + string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: a\r\n")) + "\r\n", start
                + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n",
            start + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789", start
                + "Connection: X-User-Id, Authorization\r\n\r\n", start + $"Authorization: Bearer {token}\r\n\r\n",
        ];
        return new HostileRequest("invalid HTTP", route)
        {
            Method = route.Method,
            Target = path,
            Raw = Encoding.Latin1.GetBytes(random.Pick(raw)),
            IsInvalidHttp = true,
            IsTruncated = true,
        };
    }

    private static HostileRequest WithHostileMember(HostileRequest attempt, Random random)
    {
        var body = JsonNode.Parse(attempt.Body)!.AsObject();
        var members = Members(body).ToList();
        foreach (var (parent, name) in Enumerable.Range(0, random.Next(8) == 0 ? 2 : 1).Select(_ => random.Pick(members)))
        {
            parent[name] = MarkOfFragment;
        }

        var fragment = random.Next(2) == 0
            ? random.Pick(HostileValues.Json)
            : JsonValue.Create(random.Pick(HostileValues.Texts))!.ToJsonString();
        return attempt with
        {
            Body = Encoding.UTF8.GetBytes(
                body.ToJsonString().Replace($"\"{MarkOfFragment}\"", fragment, StringComparison.Ordinal))
        };
    }

    private static HostileRequest WithOtherMembers(HostileRequest attempt, Random random)
    {
        var body = JsonNode.Parse(attempt.Body)!.AsObject();
        var (parent, name) = random.Pick([.. Members(body)]);
        switch (random.Next(4))
        {
            case 0:
                parent.Remove(name);
                return attempt with { Body = Bytes(body) };
            case 1:
                var text = body.ToJsonString();
                return attempt with { Body = Encoding.UTF8.GetBytes($"{text[..^1]},\"{name}\":{random.Pick(HostileValues.Json)}}}") };
            case 2:
                (body["role"], body["id"], body["userId"], body["status"], body["$type"]) = ("admin", 1, 1, "CONFIRMED", "System.Object");
                return attempt with { Body = Bytes(body) };
            default:
                var value = parent[name];
                parent.Remove(name);
                parent[name.ToUpperInvariant()] = value;
                return attempt with { Body = Bytes(body) };
        }
    }

    private static HostileRequest WithFlippedBytes(HostileRequest attempt, Random random)
    {
        var body = attempt.Body!.ToList();
        for (var changes = random.Next(1, 6); changes > 0 && body.Count > 0; changes--)
        {
            var at = random.Next(body.Count);
            switch (random.Next(3))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body.RemoveAt(at);
                    break;
                default:
                    body.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return attempt with { Body = [.. body] };
    }

    private static HostileRequest WithHostilePath(HostileRequest attempt, Random random)
    {
        var value = Escaped(random.Pick(HostileValues.Texts), random);
        var path = attempt.Route.Path;
        path = path[..path.IndexOf('{', StringComparison.Ordinal)] + value + path[(path.IndexOf('}', StringComparison.Ordinal) + 1)..];
        return attempt with { Target = path, IsInvalidHttp = true };
    }

    private static HostileRequest WithHostileQuery(HostileRequest attempt, Random random)
    {
        var name = attempt.Route.Query.Length > 0 && random.Next(8) > 0
            ? random.Pick(attempt.Route.Query).Name
            : random.Pick(["a", "limit", "cursor", "access_token", "%00", "[]", "", "limit[]"]);
        var parameter = $"{name}={Escaped(random.Pick(HostileValues.Texts), random)}";
        return attempt with
        {
            Target = attempt.Target.Split('?')[0] + "?" + (random.Next(8) == 0 ? $"{parameter}&{parameter}" : parameter),
            IsInvalidHttp = true,
        };
    }

    private static HostileRequest WithHostileHeader(HostileRequest attempt, Random random)
    {
        var heeded = Headers.Where(header => attempt.Route.Headers.Any(known => known.Name == header.Name)).ToList();
        var (name, values) = heeded.Count > 0 && random.Next(2) == 0 ? random.Pick(heeded) : random.Pick(Headers);
        var value = random.Next(4) > 0
            ? random.Pick(values)
            : random.Pick(HostileValues.Texts).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        var isLatin = value.All(character => character is >= ' ' and <= '~');
        return attempt with
        {
            Headers = [.. Without(attempt, name), (name, value), .. random.Next(8) == 0 ? new[] { (name, random.Pick(values)) } : []],
            IsInvalidHttp = !isLatin || name is "Expect" or "Upgrade" or "TE" or "Trailer",
        };
    }

    private static HostileRequest WithManyHeaders(HostileRequest attempt, Random random) => attempt with
    {
        Headers =
        [
            .. attempt.Headers,
            .. Enumerable.Range(0, random.Pick([50, 90, 99, 150]))
                .Select(i => ($"X-Many-{i}", new string('m', random.Pick([1, 100, 300])))),
        ],
        IsInvalidHttp = true,
    };

    private static HostileRequest Large(HostileRequest attempt, Random random)
    {
        var body = attempt.Body ?? "{}"u8.ToArray();
        return attempt with
        {
            Body = [.. body, .. Enumerable.Repeat((byte)' ', LargestBody + 1 - body.Length + random.Pick([0, 1, 1_000, 100_000]))]
        };
    }

    private static byte[] Some(Random random)
    {
        if (random.Next(4) > 0)
        {
            return random.Pick(HostileValues.Bodies);
        }

        var bytes = new byte[random.Next(1, 400)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Escaped correctly, or hardly at all.</summary>
    private static string Escaped(string value, Random random) => random.Next(6) == 0
        ? string.Concat(value.Where(character => character is not (' ' or '\r' or '\n' or '?' or '#')))
        : Uri.EscapeDataString(value);

    private static string Query(IEnumerable<(string Name, string Value)> parameters) =>
        string.Join('&', parameters.Select(
            parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}")) is { Length: > 0 } query ? "?" + query : "";

    private static List<(string Name, string Value)> Without(HostileRequest attempt, string name) =>
        [.. attempt.Headers.Where(header => !header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];

    /// <summary>Every member with its parent object.</summary>
    private static IEnumerable<(JsonObject Parent, string Name)> Members(JsonNode? node) => node switch
    {
        JsonObject parent => parent.ToList().SelectMany(member => Members(member.Value).Prepend((parent, member.Key))),
        JsonArray items => items.SelectMany(Members),
        _ => [],
    };

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
