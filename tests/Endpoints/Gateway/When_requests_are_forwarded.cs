using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ShopSaga.Gateway;

namespace ShopSaga.Tests.Endpoints.Gateway;

internal sealed class When_requests_are_forwarded : GatewayFixture
{
    [Test]
    public async Task Should_pass_a_request_on_as_it_is()
    {
        using var client = App.Client(TestTokens.Customer(5));
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/orders?a=%2F%25&b=1")
        {
            Content = JsonContent.Create(new { text = "안녕 🦊" }),
        };
        request.Headers.Add("Idempotency-Key", "key-1");
        request.Headers.Add("Prefer", "wait=5");
        var seen = await Seen(client, request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen.GetProperty("method").GetString(), Is.EqualTo("POST"));
            Assert.That(seen.GetProperty("path").GetString(), Is.EqualTo("/orders"));
            Assert.That(seen.GetProperty("query").GetString(), Is.EqualTo("?a=%2F%25&b=1"));
            Assert.That(
                JsonDocument.Parse(seen.GetProperty("body").GetString()!).RootElement.GetProperty("text").GetString(), Is.EqualTo("안녕 🦊"));
            Assert.That(Header(seen, "idempotency-key"), Is.EqualTo("key-1"));
            Assert.That(Header(seen, "prefer"), Is.EqualTo("wait=5"));
            Assert.That(Header(seen, "authorization"), Does.StartWith("Bearer "));
        }
    }

    [Test]
    public async Task Should_forward_a_header_in_any_case()
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        using var client = new HttpClient(handler) { BaseAddress = App.Client().BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/products");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "ключ 열쇠");
        Assert.That(Header(await Seen(client, request), "idempotency-key"), Is.EqualTo("ключ 열쇠"));
    }

    [Test]
    public async Task Should_set_the_caller_identity_and_ignore_that_of_the_client()
    {
        using var client = App.Client(TestTokens.Customer(5));
        using var request = WithForgedHeaders(HttpMethod.Get, "/cart");
        var seen = await Seen(client, request);
        Assert.That(UserHeaders(seen), Is.EquivalentTo(new[] { "x-user-id: 5", "x-user-role: customer" }));
    }

    [Test]
    public async Task Should_say_of_an_administrator_that_it_is_one()
    {
        using var client = App.Client(TestTokens.Admin(9));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/settlements/daily");
        Assert.That(UserHeaders(await Seen(client, request)), Is.EquivalentTo(new[] { "x-user-id: 9", "x-user-role: admin" }));
    }

    [Test]
    public async Task Should_strip_forged_headers_on_public_routes()
    {
        using var client = App.Client();
        using var request = WithForgedHeaders(HttpMethod.Get, "/products");
        Assert.That(UserHeaders(await Seen(client, request)), Is.Empty);
    }

    [TestCase("/products")]
    [TestCase("/health/ready")]
    [TestCase("/problems/validation")]
    [TestCase("/swagger/index.html")]
    public async Task Should_answer_HEAD_wherever_GET_is_answered(string path)
    {
        using var client = App.Client();
        using var get = await client.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await client.SendAsync(request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(head.Content.Headers.ContentType?.MediaType, Is.EqualTo(get.Content.Headers.ContentType?.MediaType));
            Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task Should_start_a_trace_of_its_own_and_drop_baggage()
    {
        using var client = App.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/products");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("tracestate", "stranger=1");
        request.Headers.Add("baggage", "stranger=1");
        request.Headers.Add("Correlation-Context", "stranger=1");
        var seen = await Seen(client, request);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Header(seen, "traceparent"), Does.StartWith("00-").And.Not.Contain("0af7651916cd43dd8448eb211c80319c"));
            Assert.That(Header(seen, "tracestate"), Is.Null);
            Assert.That(Header(seen, "baggage"), Is.Null);
            Assert.That(Header(seen, "correlation-context"), Is.Null);
        }
    }

    [TestCase("true")]
    [TestCase("false")]
    public async Task Should_link_its_trace_to_that_of_a_caller_where_the_settings_say_so(string links)
    {
        var served = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = served.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await GatewayApp.Start(TestTokens.Jwks, new() { ["Tracing:LinkCallers"] = links });
        using var client = app.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/products");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        var own = ActivityContext.Parse(Header(await Seen(client, request), "traceparent")!, traceState: null).TraceId;

        var gateways = await Eventually.Get(
            () => Task.FromResult(served.SingleOrDefault(activity => activity.TraceId == own && activity.ParentId is null)),
            () => "the gateway's part of the trace is over");
        Assert.That(
            gateways.Links.Select(link => $"{link.Context.TraceId}"),
            Is.EqualTo(links == "true" ? new[] { "0af7651916cd43dd8448eb211c80319c" } : []));
    }

    [TestCase("GET", "/internal")]
    [TestCase("GET", "/internal/anything")]
    [TestCase("POST", "/INTERNAL/x")]
    [TestCase("GET", "/products/..%2finternal")]
    [TestCase("GET", "/products/%2e%2e/internal")]
    [TestCase("GET", "/products/../internal/x")]
    [TestCase("GET", "//internal")]
    [TestCase("GET", "/orders/abc")]
    [TestCase("GET", "/orders/99999999999999999999")]
    [TestCase("GET", "/orders/+1")]
    [TestCase("GET", "/orders/%201")]
    [TestCase("GET", "/nowhere")]
    [TestCase("GET", "/")]
    public async Task Should_not_know_routes_that_are_not_on_the_route_page(string method, string path)
    {
        using var client = App.Client(TestTokens.Admin());
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = new HttpRequestMessage(
            new HttpMethod(method), new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path, options));
        using var answer = await client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.NotFound, "not-found");
    }

    [TestCase("DELETE", "/users", "POST")]
    [TestCase("PATCH", "/products/1", "GET", "HEAD", "PUT", "DELETE")]
    [TestCase("GET", "/auth/login", "POST")]
    public async Task Should_say_which_methods_a_route_has(string method, string path, params string[] allowed)
    {
        using var client = App.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.That(answer.Content.Headers.Allow, Is.EquivalentTo(allowed));
    }

    [Test]
    public async Task Should_admit_anonymous_callers_only_where_the_route_page_says_so()
    {
        using var client = App.Client();
        foreach (var route in Routes.All)
        {
            using var request = RequestFor(route);
            using var answer = await client.SendAsync(request);
            Assert.That(
                answer.StatusCode,
                Is.EqualTo(route.Access == Access.Anyone ? HttpStatusCode.OK : HttpStatusCode.Unauthorized),
                () => $"{route.Method} {route.Path}");
        }
    }

    [Test]
    public async Task Should_admit_only_administrators_where_the_route_page_says_so()
    {
        using var customer = App.Client(TestTokens.Customer(1));
        using var admin = App.Client(TestTokens.Admin());
        foreach (var route in Routes.All.Where(route => route.Access == Access.Admin))
        {
            using var refused = await customer.SendAsync(RequestFor(route));
            await Problem.Expect(refused, HttpStatusCode.Forbidden, "forbidden");
            using var served = await admin.SendAsync(RequestFor(route));
            Assert.That(served.StatusCode, Is.EqualTo(HttpStatusCode.OK), () => $"{route.Method} {route.Path}");
        }
    }

    [Test]
    public async Task Should_leave_a_services_problem_alone()
    {
        using var client = App.Client();
        using var answer = await client.GetAsync("/products/404");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("from the service"));
    }

    [Test]
    public async Task Should_answer_503_and_when_to_come_back_when_a_service_breaks_off()
    {
        using var client = App.Client();
        using var answer = await client.GetAsync("/products/503");
        await Problem.Expect(answer, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Should_answer_503_and_when_to_come_back_when_a_service_says_nothing()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks, new() { ["Timeouts:Service"] = "00:00:01" });
        using var client = gateway.Client();
        using var answer = await client.GetAsync("/products/504");
        await Problem.Expect(answer, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [TestCase("GET /products/504 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [TestCase("POST /auth/logout HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")]
    [TestCase("POST /auth/logout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    public async Task Should_not_say_that_a_service_is_down_when_it_is_the_client_that_breaks_off(string request)
    {
        for (var times = 0; times < 20; times++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(App.Client().BaseAddress!.Host, App.Client().BaseAddress!.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
            client.Client.Shutdown(SocketShutdown.Send);
            Assert.That(await FirstLine(stream), Is.Null.Or.StartsWith("HTTP/1.1 4"));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Should_refuse_a_body_over_64_KiB(bool chunked)
    {
        using var client = App.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/login")
        {
            Content = new StreamContent(new MemoryStream(Encoding.ASCII.GetBytes("{}".PadRight((64 * 1024) + 1)))),
        };
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [Test]
    public async Task Should_pass_on_a_body_of_exactly_64_KiB()
    {
        using var client = App.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/login")
        {
            Content = new StringContent("{}".PadRight(64 * 1024), Encoding.UTF8, "application/json"),
        };
        Assert.That((await Seen(client, request)).GetProperty("body").GetString(), Has.Length.EqualTo(64 * 1024));
    }

    [TestCase("/products")]
    [TestCase("/nowhere")]
    [TestCase("/cart")]
    [TestCase("/products/503")]
    [TestCase("/problems/validation")]
    public async Task Should_put_security_headers_on_every_answer(string path)
    {
        using var client = App.Client();
        using var answer = await client.GetAsync(path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }));
            Assert.That(answer.Headers.GetValues("X-Frame-Options"), Is.EqualTo(new[] { "DENY" }));
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("default-src 'none'"));
            Assert.That(answer.Headers.Contains("Server"), Is.False);
        }
    }

    [Test]
    public async Task Should_explain_every_problem()
    {
        using var client = App.Client();
        foreach (var code in ProblemPages.Codes)
        {
            using var answer = await client.GetAsync($"/problems/{code}");
            Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"<code>{code}</code>"));
        }

        using var unknown = await client.GetAsync("/problems/<script>");
        await Problem.Expect(unknown, HttpStatusCode.NotFound, "not-found");
    }

    [Test]
    public async Task Should_be_ready_only_while_every_service_is()
    {
        await using var gateway = await GatewayApp.Start(TestTokens.Jwks);
        using var client = gateway.Client();
        using var before = await client.GetAsync("/health/ready");
        Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        await gateway.StopService();
        using var after = await client.GetAsync("/health/ready");
        await Problem.Expect(after, HttpStatusCode.ServiceUnavailable, "unavailable");
        using var forwarded = await client.GetAsync("/products");
        await Problem.Expect(forwarded, HttpStatusCode.ServiceUnavailable, "unavailable");
        using var live = await client.GetAsync("/health/live");
        Assert.That(live.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    /// <summary>Null when the connection was closed without an answer, which is all that a client that breaks off can ask for.</summary>
    private static async Task<string?> FirstLine(Stream stream)
    {
        using var reader = new StreamReader(stream);
        try
        {
            return await reader.ReadLineAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static HttpRequestMessage WithForgedHeaders(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-User-Id", "1");
        request.Headers.Add("x-user-role", "admin");
        request.Headers.Add("X-USER-Anything", "forged");
        request.Headers.TryAddWithoutValidation("Connection", "keep-alive, X-User-Id, X-User-Role");
        return request;
    }

    private static HttpRequestMessage RequestFor(Route route) => new(
        new HttpMethod(route.Method),
        route.Path.Replace("{id:long}", "1", StringComparison.Ordinal).Replace("{productId:long}", "1", StringComparison.Ordinal)
            .Replace("{date}", "2025-01-31", StringComparison.Ordinal).Replace("{month}", "2025-01", StringComparison.Ordinal))
    {
        Content = route.Method == "GET" ? null : new StringContent("{}", Encoding.UTF8, "application/json"),
    };

    private static async Task<JsonElement> Seen(HttpClient client, HttpRequestMessage request)
    {
        using var answer = await client.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static string? Header(JsonElement seen, string name) =>
        seen.GetProperty("headers").TryGetProperty(name, out var value) ? value.GetString() : null;

    private static IEnumerable<string> UserHeaders(JsonElement seen) => seen.GetProperty("headers").EnumerateObject()
        .Where(header => header.Name.StartsWith("x-user", StringComparison.Ordinal)).Select(header => $"{header.Name}: {header.Value}");
}
