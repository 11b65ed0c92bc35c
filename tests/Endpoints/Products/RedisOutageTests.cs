using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Products.Caching;
using ShopSaga.Products.Catalogue;

namespace ShopSaga.Tests.Endpoints.Products;

/// <summary>A Redis of the test's own, which comes, hangs and goes.</summary>
internal sealed class RedisOutageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MovedTime _time = new();
    private int _port;
    private Process? _server;
    private RedisConnection _redis = null!;
    private ProductCache _cache = null!;

    [SetUp]
    public void SetUp()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _redis = new RedisConnection($"127.0.0.1:{_port}");
        _cache = new ProductCache(_redis, _time, NullLogger<ProductCache>.Instance);
    }

    [TearDown]
    public void TearDown()
    {
        _redis.Dispose();
        StopServer();
        _server?.Dispose();
    }

    [Test]
    public async Task Should_use_a_redis_that_comes_later_than_the_service_and_one_that_comes_back_empty()
    {
        Assert.That((await _cache.Get(1, Read))!.Version, Is.EqualTo(1));
        StartServer();
        await AssertCachesAgain();

        StopServer();
        Assert.That((await _cache.Get(1, Read))!.Version, Is.EqualTo(1));
        StartServer();
        await AssertCachesAgain();
    }

    [Test]
    public async Task Should_neither_wait_for_a_redis_that_hangs_nor_believe_it_afterwards()
    {
        StartServer();
        await AssertCachesAgain();
        Signal("STOP");
        var watch = Stopwatch.StartNew();

        await _cache.Invalidate([(1, 2)]);
        for (var i = 0; i < 50; i++)
        {
            Assert.That((await _cache.Get(1, () => Task.FromResult<Product?>(Lamp(2))))!.Version, Is.EqualTo(2));
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
        Signal("CONT");
        Assert.That((await _cache.Get(1, () => Task.FromResult<Product?>(Lamp(2))))!.Version, Is.EqualTo(2));
    }

    private async Task AssertCachesAgain()
    {
        var watch = Stopwatch.StartNew();
        for (var reads = -1; reads != 0;)
        {
            Assert.That(watch.Elapsed, Is.LessThan(Patience), "until Redis is used");
            reads = 0;
            _time.Ahead += ProductCache.Lifetime;
            for (var i = 0; i < 2; i++)
            {
                await _cache.Get(1, () =>
                {
                    reads += i;
                    return Read();
                });
            }
        }
    }

    private static Product Lamp(long version) => new(1, "Lamp", "Light", 1000, 5, version);

    private static Task<Product?> Read() => Task.FromResult<Product?>(Lamp(1));

    private void StartServer()
    {
        try
        {
            _server = Process.Start(new ProcessStartInfo(
                "redis-server",
                ["--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
            _server.BeginOutputReadLine();
        }
        catch (Win32Exception)
        {
            Assert.Ignore("There is no redis-server on the path.");
        }
    }

    private void StopServer()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill();
            _server.WaitForExit();
        }
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _server!.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private sealed class MovedTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
