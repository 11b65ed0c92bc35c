using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Orders.Placing;

namespace ShopSaga.Tests.Unit.Orders;

/// <summary>A shop that completes orders one after the other, in virtual time.</summary>
internal sealed class When_more_orders_arrive_than_become_final
{
    private const int Capacity = 100;
    private static readonly AdmissionPolicy Policy = new(MaxTimeToFinal: TimeSpan.FromSeconds(5), MaxOpen: 10_000);
    private readonly FakeTimeProvider _time = new();
    private readonly Queue<DateTimeOffset> _open = new();
    private Admission _admission = null!;
    private long _placed;
    private int _refused;

    [SetUp]
    public void Start()
    {
        _admission = new Admission(Policy);
        _open.Clear();
        (_placed, _refused) = (0, 0);
    }

    [Test]
    public void Should_refuse_none_while_the_shop_keeps_up()
    {
        Run(seconds: 60, arriving: Capacity, completing: Capacity);

        Assert.That((_refused, _admission.IsLimiting), Is.EqualTo((0, false)));
    }

    [Test]
    public void Should_keep_the_wait_within_the_limit_and_the_shop_busy()
    {
        Run(seconds: 20, arriving: 2 * Capacity, completing: Capacity);
        var (placed, refused) = (_placed, _refused);
        for (var second = 0; second < 30; second++)
        {
            Run(seconds: 1, arriving: 2 * Capacity, completing: Capacity);
            Assert.That(_admission.ExpectedWait, Is.LessThanOrEqualTo(Policy.MaxTimeToFinal), $"second {second}");
            Assert.That(_open, Is.Not.Empty, $"second {second}");
        }

        Assert.That((_placed - placed, _refused - refused), Is.EqualTo((30L * Capacity, 30 * Capacity)));
    }

    [Test]
    public void Should_refuse_before_orders_have_waited_much_longer_than_the_limit()
    {
        var longest = TimeSpan.Zero;
        for (var second = 0; second < 30; second++)
        {
            Run(seconds: 1, arriving: 2 * Capacity, completing: Capacity);
            longest = _admission.ExpectedWait is { } wait && wait > longest ? wait : longest;
        }

        Assert.That(longest, Is.LessThan(Policy.MaxTimeToFinal * 1.5));
    }

    [Test]
    public void Should_refuse_none_any_more_seconds_after_the_overload()
    {
        Run(seconds: 30, arriving: 5 * Capacity, completing: Capacity);
        Assert.That(_admission.IsLimiting, Is.True);

        Run(seconds: 10, arriving: Capacity / 2, completing: Capacity);

        _refused = 0;
        Run(seconds: 30, arriving: Capacity / 2, completing: Capacity);
        Assert.That((_refused, _admission.IsLimiting, _open.Count), Is.EqualTo((0, false, 0)));
    }

    [Test]
    public void Should_tell_clients_to_return_when_what_is_open_is_final()
    {
        Run(seconds: 30, arriving: 3 * Capacity, completing: Capacity);

        Assert.That(_admission.IsLimiting, Is.True);
        Assert.That(_admission.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(Math.Ceiling((double)_open.Count / Capacity))));
    }

    [Test]
    public void Should_accept_orders_while_none_becomes_final_up_to_the_most_that_may_be_open()
    {
        Run(seconds: 10, arriving: Capacity, completing: Capacity);

        Run(seconds: 99, arriving: Capacity, completing: 0);
        Assert.That((_refused, _admission.IsLimiting), Is.EqualTo((0, false)), "an outage is no overload");

        Run(seconds: 10, arriving: Capacity, completing: 0);
        Assert.That((_open.Count, _admission.IsLimiting), Is.EqualTo((Policy.MaxOpen, true)));
        Assert.That(_admission.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(Policy.MaxOpen / Capacity)), "at the rate before the outage");
    }

    [Test]
    public void Should_accept_orders_again_when_what_an_outage_left_is_worked_off()
    {
        Run(seconds: 10, arriving: Capacity / 2, completing: Capacity);
        Run(seconds: 60, arriving: Capacity / 2, completing: 0);
        Run(seconds: 5, arriving: Capacity / 2, completing: Capacity);
        Assert.That(_admission.TryAdmit(), Is.False, "a new order would wait behind all those");

        Run(seconds: 40, arriving: Capacity / 2, completing: Capacity);

        Assert.That((_admission.IsLimiting, _open.Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public void Should_refuse_none_because_a_few_orders_take_long()
    {
        // As with a provider that does not answer: every order takes half a minute, and few are open.
        for (var second = 0; second < 120; second++)
        {
            Run(seconds: 1, arriving: 8, completing: _open.Count >= Admission.MinOpen - 10 ? 8 : 0);
        }

        Assert.That((_refused, _admission.IsLimiting), Is.EqualTo((0, false)));
    }

    [Test]
    public void Should_refuse_none_because_some_of_many_orders_never_become_final()
    {
        const int stuck = 3_000;
        for (var second = 0; second < 60; second++)
        {
            _placed += Capacity;
            _time.Advance(TimeSpan.FromSeconds(1));
            Enumerable.Range(0, Capacity).ToList().ForEach(_ => _admission.CountFinal(TimeSpan.FromMilliseconds(50)));
            _admission.Update(new OpenOrders(_time.GetUtcNow(), stuck, stuck + _placed));
        }

        Assert.That((_admission.IsLimiting, _admission.TryAdmit()), Is.EqualTo((false, true)));
    }

    [Test]
    public void Should_admit_orders_before_anything_was_measured()
    {
        Assert.That(_admission.TryAdmit(), Is.True);
        Assert.That((_admission.ExpectedWait, _admission.IsLimiting), Is.EqualTo(((TimeSpan?)null, false)));
    }

    [Test]
    public void Should_read_the_limits()
    {
        Assert.That(Read(null, null), Is.EqualTo(new AdmissionPolicy(TimeSpan.FromSeconds(5), 100_000)));
        Assert.That(Read("00:00:30", "7"), Is.EqualTo(new AdmissionPolicy(TimeSpan.FromSeconds(30), 7)));
    }

    [TestCase("soon", null, "Orders__MaxTimeToFinal")]
    [TestCase("00:00:00.5", null, "Orders__MaxTimeToFinal")]
    [TestCase(null, "0", "Orders__MaxOpen")]
    public void Should_say_what_to_set_when_a_limit_makes_no_sense(string? maxTimeToFinal, string? maxOpen, string setting) =>
        Assert.That(() => Read(maxTimeToFinal, maxOpen), Throws.InvalidOperationException.With.Message.Contains(setting));

    private static AdmissionPolicy Read(string? maxTimeToFinal, string? maxOpen) => AdmissionPolicy.From(new ConfigurationBuilder()
        .AddInMemoryCollection([new("Orders:MaxTimeToFinal", maxTimeToFinal), new("Orders:MaxOpen", maxOpen)]).Build());

    /// <summary>Each second, so many orders arrive, so many become final, oldest first, and the open ones are measured.</summary>
    private void Run(int seconds, int arriving, int completing)
    {
        for (var second = 0; second < seconds; second++)
        {
            for (var order = 0; order < arriving; order++)
            {
                if (_admission.TryAdmit())
                {
                    _placed++;
                    _open.Enqueue(_time.GetUtcNow());
                }
                else
                {
                    _refused++;
                }
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            for (var order = 0; order < completing && _open.TryDequeue(out var placedAt); order++)
            {
                _admission.CountFinal(_time.GetUtcNow() - placedAt);
            }

            _admission.Update(new OpenOrders(_time.GetUtcNow(), _open.Count, _placed));
        }
    }
}
