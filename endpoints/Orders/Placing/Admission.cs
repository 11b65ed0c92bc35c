namespace ShopSaga.Orders.Placing;

/// <summary>
/// Decides whether another order may be placed. Orders are accepted faster than they become final, so without a limit an overload would
/// make each order wait behind all that were accepted before it.
/// <list type="number">
/// <item>The orders that are open now will be final after <i>open ÷ rate</i>, the rate being that at which orders became final in the last
/// seconds.</item>
/// <item>The shop is overloaded once more orders are open than become final in <see cref="AdmissionPolicy.MaxTimeToFinal"/>, and most of
/// those that became final since the last measurement took more than half of that time. Then as many may be open as become final in that
/// time, until no more than half as many are open.</item>
/// <item>While a service is away, no order becomes final, so none is late, and orders are accepted up to
/// <see cref="AdmissionPolicy.MaxOpen"/>. A few that wait for long, such as those of a slow card, delay no others.</item>
/// </list>
/// </summary>
internal sealed class Admission(AdmissionPolicy policy)
{
    /// <summary>So few open orders are no overload, however long they take: they may all wait for the payment provider.</summary>
    internal const int MinOpen = 250;

    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Queue<OpenOrders> _measured = new();
    private OpenOrders? _last;
    private double _finalPerSecond;
    private int _late;
    private int _inTime;
    private bool _isOverloaded;
    private int _room = policy.MaxOpen;

    /// <summary>How long it takes until all orders that are open now are final; null if no order has become final yet.</summary>
    public TimeSpan? ExpectedWait
    {
        get
        {
            lock (_lock)
            {
                return Wait();
            }
        }
    }

    /// <summary>When a refused client should try again: once those orders are final.</summary>
    public TimeSpan RetryAfter
    {
        get
        {
            lock (_lock)
            {
                return Wait() is { } wait && wait < MaxRetryAfter ? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(wait.TotalSeconds)))
                    : MaxRetryAfter;
            }
        }
    }

    /// <summary>Whether the last measurement has left a reason to refuse orders.</summary>
    public bool IsLimiting
    {
        get
        {
            lock (_lock)
            {
                return _isOverloaded || _last?.Count >= policy.MaxOpen;
            }
        }
    }

    /// <summary>Admits an order, if the last measurement left room for one more.</summary>
    public bool TryAdmit()
    {
        lock (_lock)
        {
            if (_room <= 0)
            {
                return false;
            }

            _room--;
            return true;
        }
    }

    /// <summary>Counts an order that became final, by how long that took.</summary>
    public void CountFinal(TimeSpan timeToFinal)
    {
        lock (_lock)
        {
            if (timeToFinal > policy.MaxTimeToFinal / 2)
            {
                _late++;
            }
            else
            {
                _inTime++;
            }
        }
    }

    /// <summary>Takes a measurement, which says how many more orders may be placed until the next one.</summary>
    public void Update(OpenOrders measured)
    {
        lock (_lock)
        {
            UpdateRate(measured);
            var max = (int)Math.Clamp(_finalPerSecond * policy.MaxTimeToFinal.TotalSeconds, MinOpen, Math.Max(MinOpen, policy.MaxOpen));
            _isOverloaded = _isOverloaded ? measured.Count > max / 2 : measured.Count > max && _late > _inTime;
            _room = Math.Min(policy.MaxOpen, _isOverloaded ? max : int.MaxValue) - measured.Count;
            (_late, _inTime, _last) = (0, 0, measured);
        }
    }

    private TimeSpan? Wait() => _last is null || _finalPerSecond == 0 ? null : TimeSpan.FromSeconds(_last.Count / _finalPerSecond);

    /// <summary>
    /// A measurement since which no order has become final leaves the rate as it is: an outage says nothing of what the shop can do.
    /// </summary>
    private void UpdateRate(OpenOrders measured)
    {
        if (_last is null || measured.FinalSince(_last) <= 0)
        {
            if (_measured.Count == 0 || measured.At - _measured.Last().At >= RateWindow)
            {
                _measured.Clear();
                _measured.Enqueue(measured);
            }

            return;
        }

        while (_measured.Count > 1 && measured.At - _measured.ElementAt(1).At >= RateWindow)
        {
            _measured.Dequeue();
        }

        var before = _measured.Peek();
        if (measured.FinalSince(before) is var final and > 0 && measured.At > before.At)
        {
            _finalPerSecond = final / (measured.At - before.At).TotalSeconds;
        }

        _measured.Enqueue(measured);
    }
}

/// <summary>How many orders are not final at a moment, and the id of the newest order, which tells how many have been placed.</summary>
internal sealed record OpenOrders(DateTimeOffset At, int Count, long NewestId)
{
    /// <summary>How many orders have become final since another measurement: those placed, less the increase of open ones.</summary>
    public long FinalSince(OpenOrders before) => NewestId - before.NewestId - (Count - before.Count);
}
