using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Hosting;
using ShopSaga.Products;
using ShopSaga.Products.Caching;

namespace ShopSaga.Tests.Endpoints.Products;

internal sealed class When_products_are_cached
{
    private RedisConnection _redis = null!;
    private ProductCache _cache = null!;

    [SetUp]
    public async Task SetUp()
    {
        await TestRedis.Clear();
        _redis = new RedisConnection(TestRedis.Address);
        _cache = new ProductCache(_redis, new PatientTime(), NullLogger<ProductCache>.Instance);
        await (await _redis.Database()).PingAsync();
    }

    [TearDown]
    public void TearDown() => _redis.Dispose();

    [Test]
    public async Task Should_read_the_database_once()
    {
        var first = await _cache.Get(1, () => Read(Lamp(version: 1)));

        Assert.That(await _cache.Get(1, MustNotRead), Is.EqualTo(first).And.EqualTo(Lamp(version: 1)));
    }

    [Test]
    public async Task Should_not_cache_a_product_that_is_not_there()
    {
        Assert.That(await _cache.Get(1, () => Read(null)), Is.Null);
        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 1))), Is.EqualTo(Lamp(version: 1)));
    }

    [Test]
    public async Task Should_read_the_database_again_after_a_write()
    {
        await _cache.Get(1, () => Read(Lamp(version: 1)));

        await _cache.Invalidate([(1, 2)]);

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
        Assert.That(await _cache.Get(1, MustNotRead), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_not_put_back_the_old_product_when_a_write_overtook_the_read()
    {
        await _cache.Get(1, async () =>
        {
            await _cache.Invalidate([(1, 2)]);
            return Lamp(version: 1);
        });

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_keep_the_newer_product_when_a_slow_read_ends_after_a_write_and_another_read()
    {
        await _cache.Get(1, async () =>
        {
            await _cache.Invalidate([(1, 2)]);
            await CacheOn(_redis).Get(1, () => Read(Lamp(version: 2)));
            return Lamp(version: 1);
        });

        Assert.That(await _cache.Get(1, MustNotRead), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_serve_and_cache_again_what_a_write_that_was_rolled_back_left_unchanged()
    {
        await _cache.Invalidate([(1, 2)]);

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 1))), Is.EqualTo(Lamp(version: 1)));
        await _cache.Invalidate([(1, 2)]);
        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
        Assert.That(await _cache.Get(1, MustNotRead), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_forget_by_itself()
    {
        await _cache.Get(1, () => Read(Lamp(version: 1)));
        await _cache.Invalidate([(2, 1)]);

        var redis = await _redis.Database();
        Assert.That(
            await redis.KeyTimeToLiveAsync("product:1"), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(ProductCache.Lifetime));
        Assert.That(
            await redis.KeyTimeToLiveAsync("product:2"), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(ProductCache.Lifetime));
    }

    [Test]
    public async Task Should_read_the_database_when_what_is_in_the_cache_cannot_be_understood()
    {
        await (await _redis.Database()).HashSetAsync("product:1", "product", "{");

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 1))), Is.EqualTo(Lamp(version: 1)));
    }

    [Test]
    public async Task Should_go_on_when_redis_was_emptied()
    {
        await _cache.Get(1, () => Read(Lamp(version: 1)));
        await TestRedis.Clear();

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 1))), Is.EqualTo(Lamp(version: 1)));
        Assert.That(await _cache.Get(1, MustNotRead), Is.EqualTo(Lamp(version: 1)));
    }

    [Test]
    public async Task Should_not_keep_the_old_product_when_redis_restarts_empty_between_the_invalidation_and_its_commit()
    {
        await _cache.Invalidate([(1, 2)]);
        await (await _redis.Database()).ExecuteAsync("FLUSHDB");

        await _cache.Get(1, () => Read(Lamp(version: 1)));

        Assert.That(await _cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_keep_products_again_once_an_empty_redis_has_settled()
    {
        await (await _redis.Database()).ExecuteAsync("FLUSHDB");

        var read = 0;
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var before = -1; read != before;)
        {
            before = read;
            await _cache.Get(1, () =>
            {
                read++;
                return Read(Lamp(version: 1));
            });
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, giveUp.Token);
        }

        Assert.That(read, Is.GreaterThan(1));
    }

    [Test]
    public async Task Should_not_keep_what_took_long_to_read()
    {
        var time = new SlowTime();
        var cache = new ProductCache(_redis, time, NullLogger<ProductCache>.Instance);

        await cache.Get(1, () =>
        {
            time.Passed += TimeSpan.FromSeconds(2);
            return Read(Lamp(version: 1));
        });

        Assert.That(await cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
    }

    [Test]
    public async Task Should_read_the_database_once_for_a_crowd()
    {
        var reads = 0;

        await Parallel.ForAsync(0, 500, async (_, _) => await _cache.Get(1, () =>
        {
            Interlocked.Increment(ref reads);
            return Read(Lamp(version: 1));
        }));

        Assert.That(reads, Is.EqualTo(1));
    }

    [Test]
    public async Task Should_count_hits_and_misses()
    {
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, it) =>
        {
            if (instrument.Meter.Name == "ShopSaga.Products")
            {
                it.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            counted.AddOrUpdate((string)tags[0].Value!, count, (_, before) => before + count));
        listener.Start();
        await _cache.Get(1, () => Read(Lamp(version: 1)));
        await _cache.Get(1, MustNotRead);
        await _cache.Get(1, MustNotRead);
        using var unreachable = new RedisConnection("127.0.0.1:9");
        await CacheOn(unreachable).Get(1, () => Read(Lamp(version: 1)));

        Assert.That(
            counted.Select(count => (count.Key, count.Value)),
            Is.EquivalentTo(new[] { ("hit", 2L), ("miss", 1L), ("bypass", 1L) }));
    }

    [Test]
    public async Task Should_serve_from_the_database_when_redis_is_down()
    {
        using var unreachable = new RedisConnection("127.0.0.1:9");

        await AssertServesFromTheDatabase(CacheOn(unreachable));
    }

    [Test]
    public async Task Should_serve_from_the_database_when_redis_does_not_answer()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var redis = new RedisConnection($"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");

        await AssertServesFromTheDatabase(CacheOn(redis));
    }

    [Test]
    public async Task Should_not_trust_the_cache_after_a_write_that_could_not_reach_it()
    {
        using var unreachable = new RedisConnection("127.0.0.1:9");
        var cache = CacheOn(unreachable);
        await cache.Invalidate([(1, 2)]);

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100; i++)
        {
            Assert.That(await cache.Get(1, () => Read(Lamp(version: 2))), Is.EqualTo(Lamp(version: 2)));
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)), "a hundred reads that do not wait for Redis");
    }

    [TestCase("")]
    [TestCase("127.0.0.1:port")]
    [TestCase("redis:6379,password=5ebe2294,colour=red")]
    [TestCase("redis:6379,password=ab,5ebe2294=cd")]
    [TestCase("redis://:5ebe2294@redis:6379")]
    public void Should_say_what_to_set_and_no_secret_when_the_address_cannot_be_read(string address)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => new RedisConnection(address).Dispose())!;
        Assert.That(failure.ToString(), Does.Contain("ConnectionStrings__Redis").And.Not.Contain("5ebe2294"));
    }

    private static async Task AssertServesFromTheDatabase(ProductCache cache)
    {
        var watch = Stopwatch.StartNew();
        await cache.Invalidate([(1, 1)]);
        for (var version = 1; version <= 20; version++)
        {
            Assert.That((await cache.Get(1, () => Read(Lamp(version))))!.Version, Is.EqualTo(version));
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    private static ProductCache CacheOn(RedisConnection redis) => new(redis, TimeProvider.System, NullLogger<ProductCache>.Instance);

    /// <summary>In which Redis may take longer to answer than it may in a shop: the machine of a test has other things to do.</summary>
    private class PatientTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime * 40, period);
    }

    private sealed class SlowTime : PatientTime
    {
        public TimeSpan Passed { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);
    }

    private static Product Lamp(long version) => new(1, "Lamp", "Light", 1000, 5, version);

    private static Task<Product?> Read(Product? product) => Task.FromResult(product);

    private static Task<Product?> MustNotRead() => throw new AssertionException("The database was read.");
}
