using ShopSaga.Products.Caching;

namespace ShopSaga.Tests.Unit.Products;

internal sealed class When_requests_are_coalesced
{
    private readonly RequestCoalescer<int> _coalescer = new();
    private int _made;

    [Test]
    public async Task Should_serve_a_crowd_by_two_reads()
    {
        var gate = new TaskCompletionSource();
        var first = _coalescer.Read(1, () => Made(gate.Task));
        var crowd = Enumerable.Range(0, 100).Select(_ => _coalescer.Read(1, () => Made(gate.Task))).ToList();

        gate.SetResult();

        Assert.That(await first, Is.EqualTo(1));
        Assert.That(await Task.WhenAll(crowd), Is.All.EqualTo(2), "requests that came during a read get the next");
        Assert.That(_made, Is.EqualTo(2));
    }

    [Test]
    public async Task Should_show_every_request_what_was_written_before_it()
    {
        var written = 1;
        var gate = new TaskCompletionSource();
        var before = _coalescer.Read(1, async () =>
        {
            var seen = written;
            await gate.Task;
            return seen;
        });
        written = 2;
        var after = _coalescer.Read(1, () => Task.FromResult(written));
        gate.SetResult();

        Assert.That(await after, Is.EqualTo(2));
        Assert.That(await before, Is.AnyOf(1, 2));
    }

    [Test]
    public async Task Should_read_again_for_those_who_come_later()
    {
        Assert.That(await _coalescer.Read(1, () => Made(Task.CompletedTask)), Is.EqualTo(1));
        Assert.That(await _coalescer.Read(1, () => Made(Task.CompletedTask)), Is.EqualTo(2));
    }

    [Test]
    public async Task Should_not_let_one_thing_wait_for_another()
    {
        var never = new TaskCompletionSource();
        _ = _coalescer.Read(1, () => Made(never.Task));

        Assert.That(await _coalescer.Read(2, () => Task.FromResult(7)), Is.EqualTo(7));
    }

    [Test]
    public async Task Should_go_on_after_a_read_that_failed()
    {
        var gate = new TaskCompletionSource();
        var failing = _coalescer.Read(1, async () =>
        {
            await gate.Task;
            throw new InvalidOperationException("no");
        });
        var next = _coalescer.Read(1, () => Task.FromResult(7));
        gate.SetResult();

        Assert.That(async () => await failing, Throws.InvalidOperationException);
        Assert.That(await next, Is.EqualTo(7));
        Assert.That(await _coalescer.Read(1, () => Task.FromResult(8)), Is.EqualTo(8));
    }

    [Test]
    public async Task Should_never_make_two_reads_of_a_thing_at_the_same_time()
    {
        var (underWay, most) = (0, 0);

        await Parallel.ForAsync(0, 2_000, async (_, _) => await _coalescer.Read(1, async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref underWay));
            await Task.Yield();
            return Interlocked.Decrement(ref underWay);
        }));

        Assert.That((most, underWay), Is.EqualTo((1, 0)));
    }

    private async Task<int> Made(Task gate)
    {
        var number = Interlocked.Increment(ref _made);
        await gate;
        return number;
    }
}
