using System.Collections.Concurrent;

namespace ShopSaga.Chaos.Shopping;

/// <summary>What the shop told its clients, which requests failed, and where it contradicted itself.</summary>
internal sealed class ClientRecord
{
    private static readonly string[] Statuses = ["PENDING", "CONFIRMED", "CANCELLING", "CANCELLED"];
    private readonly ConcurrentDictionary<long, ToldOrder> _orders = new();
    private readonly ConcurrentDictionary<string, long> _orderOfKey = new();
    private readonly ConcurrentDictionary<(string Fault, string How), int> _failures = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private int _requests;
    private int _brokenStreams;

    /// <summary>The fault that is at work.</summary>
    public string Fault { get; set; } = "none";

    public int Requests => _requests;

    /// <summary>Streams that ended early; their clients reconnect.</summary>
    public int BrokenStreams => _brokenStreams;

    public IReadOnlyDictionary<long, ToldOrder> Orders => _orders;

    /// <summary>Failed requests by what they met with, in each fault.</summary>
    public IReadOnlyDictionary<(string Fault, string How), int> Failures => _failures;

    public IReadOnlyCollection<string> Violations => _violations;

    public void Requested() => Interlocked.Increment(ref _requests);

    public void StreamBroke() => Interlocked.Increment(ref _brokenStreams);

    public void Failed(string how) => _failures.AddOrUpdate((Fault, how), 1, (_, count) => count + 1);

    public void Violated(string promise) => _violations.Enqueue($"during {Fault}: {promise}");

    /// <summary>An order was acknowledged under an idempotency key.</summary>
    public void Acknowledged(string key, long id, string customer)
    {
        if (_orderOfKey.GetOrAdd(key, id) is var first && first != id)
        {
            Violated($"the key {key} gave the orders {first} and {id}");
        }

        _orders.TryAdd(id, new ToldOrder(customer));
    }

    public bool IsAcknowledged(string key) => _orderOfKey.ContainsKey(key);

    /// <summary>The furthest status that a client was told of this order.</summary>
    public int StatusOf(long id) => _orders.TryGetValue(id, out var told) ? told.Status : -1;

    /// <summary>A client was told this status, and before it asked, another one.</summary>
    public void Told(long id, string status, int before)
    {
        var now = RankOf(status);
        if (now < before)
        {
            Violated($"order {id} was {Statuses[before]} and then {status}");
        }

        if (_orders.TryGetValue(id, out var told))
        {
            told.Advance(now);
        }
    }

    public void CancelAccepted(long id) => _orders[id].IsCancelled = true;

    public static int RankOf(string status) => Array.IndexOf(Statuses, status);

    public static bool IsFinal(string status) => status is "CONFIRMED" or "CANCELLED";
}

/// <summary>What clients know of an order.</summary>
internal sealed class ToldOrder(string customer)
{
    private readonly Lock _advancing = new();
    private int _status = -1;

    public string Customer => customer;

    public int Status => _status;

    /// <summary>Its cancellation was accepted.</summary>
    public bool IsCancelled { get; set; }

    public void Advance(int status)
    {
        lock (_advancing)
        {
            _status = Math.Max(_status, status);
        }
    }
}
