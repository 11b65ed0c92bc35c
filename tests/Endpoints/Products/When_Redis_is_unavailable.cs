using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Hosting;
using ShopSaga.Products;
using ShopSaga.Products.Caching;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

internal sealed class When_Redis_is_unavailable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MovedTime _time = new();
    private OwnRedis _server = null!;
    private RedisConnection _redis = null!;
    private ProductCache _cache = null!;

    [SetUp]
    public void SetUp()
    {
        _server = new OwnRedis();
        _redis = new RedisConnection(_server.Address);
        _cache = new ProductCache(_redis, _time, NullLogger<ProductCache>.Instance);
    }

    [TearDown]
    public void TearDown()
    {
        _redis.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task Should_use_a_redis_that_comes_later_than_the_service_and_one_that_comes_back_empty()
    {
        Assert.That((await _cache.Get(1, Read))!.Version, Is.EqualTo(1));
        _server.Start();
        await AssertCachesAgain();

        _server.Kill();
        Assert.That((await _cache.Get(1, Read))!.Version, Is.EqualTo(1));
        _server.Start();
        await AssertCachesAgain();
    }

    [Test]
    public async Task Should_neither_wait_for_a_redis_that_hangs_nor_believe_it_afterwards()
    {
        _server.Start();
        await AssertCachesAgain();
        _server.Hang();
        var watch = Stopwatch.StartNew();

        await _cache.Invalidate([(1, 2)]);
        for (var i = 0; i < 50; i++)
        {
            Assert.That((await _cache.Get(1, () => Task.FromResult<Product?>(Lamp(2))))!.Version, Is.EqualTo(2));
        }

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(3)));
        _server.GoOn();
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

    private sealed class MovedTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
