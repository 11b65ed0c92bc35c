using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Tests.Endpoints.Operations;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_an_operator_watches_the_services
{
    private const string Metrics = """
        # TYPE shopsaga_outbox_pending gauge
        shopsaga_outbox_pending{otel_scope_name="ShopSaga.Database",otel_scope_version=""} 3 1764464466000
        shopsaga_outbox_oldest_seconds{otel_scope_name="ShopSaga.Database"} 12.5 1764464466000
        shopsaga_orders_open{otel_scope_name="ShopSaga.Database",age="10 to 60 s"} 2 1764464466000
        shopsaga_orders_open{otel_scope_name="ShopSaga.Database",age="under 10 s"} 4 1764464466000
        """;

    private OperationsApp _operations = null!;
    private WebApplication _orders = null!;
    private WebApplication _provider = null!;
    private HttpClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var port = FreePort();
        _orders = WebApplication.CreateSlimBuilder().Build();
        _orders.Urls.Add($"http://127.0.0.1:{port}");
        _orders.MapGet("/health/ready", () => Results.Json(new { status = "Degraded", checks = new { bus = "Degraded" } }));
        _orders.MapGet("/metrics", () => Metrics);
        await _orders.StartAsync();
        var providerPort = FreePort();
        _provider = WebApplication.CreateSlimBuilder().Build();
        _provider.Urls.Add($"http://127.0.0.1:{providerPort}");
        _provider.MapGet("/health/ready", () => Results.Json(new { status = "Healthy" }));
        _provider.MapGet("/metrics", () => Results.Unauthorized());
        await _provider.StartAsync();
        _operations = await OperationsApp.Start(new()
        {
            ["Services:Orders"] = $"http://127.0.0.1:{port},http://127.0.0.1:{FreePort()}",
            ["Services:psp"] = $"http://127.0.0.1:{providerPort}",
            ["Services:Users"] = $"http://127.0.0.1:{FreePort()}",
        });
        _admin = _operations.Admin();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin.Dispose();
        await _operations.DisposeAsync();
        await _orders.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Test]
    public async Task Should_see_the_health_of_every_instance()
    {
        var services = await OperationsApp.Get(_admin, "/operations/services");

        Assert.That(
            services["items"]!.AsArray().SelectMany(service => service!["instances"]!.AsArray().Select(
                instance => $"{service["service"]} {instance!["state"]} {instance["checks"]!["bus"]}".TrimEnd())),
            Is.EqualTo(new[] { "Orders DEGRADED Degraded", "Orders UNREACHABLE", "psp HEALTHY", "Users UNREACHABLE" }));
    }

    [Test]
    public async Task Should_see_what_outboxes_hold_and_leave_out_services_that_have_none()
    {
        var outboxes = await OperationsApp.Get(_admin, "/operations/outboxes");

        Assert.That(
            outboxes["items"]!.AsArray().Select(
                outbox => $"{outbox!["service"]} {outbox["pending"]} {outbox["oldestSeconds"]} {outbox["isReachable"]}"),
            Is.EqualTo(new[] { "Orders 3 12.5 true", "Users   false" }));
    }

    [Test]
    public async Task Should_see_open_orders_the_youngest_first()
    {
        var orders = await OperationsApp.Get(_admin, "/operations/open-orders");

        Assert.That(
            orders["items"]!.AsArray().Select(each => $"{each!["age"]}: {each["orders"]}"),
            Is.EqualTo(new[] { "under 10 s: 4", "10 to 60 s: 2" }));
    }

    [Test]
    public async Task Should_see_the_queues_with_their_lengths()
    {
        await _operations.Fail("1");

        await Eventually.Is(
            async () => (await OperationsApp.Get(_admin, "/operations/queues"))["items"]!.AsArray()
                .Any(queue => (string)queue!["name"]! == "error" && (int)queue["messages"]! == 1),
            "the broker has counted the message");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
