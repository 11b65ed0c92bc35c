using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ShopSaga.Chaos.Shopping;

/// <summary>
/// Orders, cancels, fills its cart and reads, again and again. A request that may have had an effect is repeated with its idempotency key
/// until the shop answers.
/// </summary>
internal sealed class Customer : IDisposable
{
    private const string Password = "a long password";
    private const int MaxOpenStreams = 4;
    private const int Remembered = 40;
    private static readonly TimeSpan MaxThinking = TimeSpan.FromMilliseconds(500);

    /// <summary>A request whose answer was lost may take effect this much later: at the latest when the gateway gives up.</summary>
    private static readonly TimeSpan LateEffect = TimeSpan.FromSeconds(65);

    private static readonly string[] PaymentMethods =
    [
        "CARD", "CARD", "CARD", "CARD", "KAKAO_PAY", "BANK_TRANSFER", "CARD_DECLINED", "CARD_FLAKY", "CARD_SLOW", "CARD_TIMEOUT_CHARGED",
        "CARD_TIMEOUT_LOST", "CARD_REFUND_FLAKY",
    ];

    private readonly string _email;
    private readonly ShopApi _api;
    private readonly ClientRecord _record;
    private readonly Random _random;
    private readonly IReadOnlyList<long> _products;
    private readonly List<long> _recent = [];
    private readonly ConcurrentDictionary<Task, bool> _streams = new();
    private Dictionary<long, int>? _cart;
    private long _cartIsUncertainSince;
    private long _newest;
    private int _keys;

    public Customer(int number, Uri gateway, ClientRecord record, Random random, IReadOnlyList<long> products)
    {
        (_email, _record, _random, _products) = ($"chaos-{number}@example.com", record, random, products);
        _api = new ShopApi(gateway, record);
    }

    public string Email => _email;

    public async Task Register()
    {
        await Eventually.Is(
            async () => await _api.Send(
                HttpMethod.Post, "users", [201], new { email = _email, password = Password, name = "Chaos" }) is not null,
            $"{_email} is registered");
        await _api.LogIn(_email, Password);
    }

    /// <summary>Shops until told to stop; then finishes what it has begun.</summary>
    public async Task Shop(Gate gate, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using (await gate.Enter())
            {
                await DoSomething(end);
            }

            await Task.Delay(_random.NextDouble() * MaxThinking, CancellationToken.None);
        }

        await Task.WhenAll(_streams.Keys);
    }

    /// <summary>Orders one unit, and waits until the order is final.</summary>
    /// <returns>Its history.</returns>
    public async Task<string> Probe()
    {
        var id = await Place("orders", new { productId = _products[0], quantity = 1, paymentMethod = "CARD" });
        await Eventually.Is(
            async () => await ReadOrder(id!.Value) is { } status && ClientRecord.IsFinal(status), $"the probe, order {id}, is final");
        var history = await _api.Send(HttpMethod.Get, $"orders/{id}/history", [200]);
        return $"order {id}: " + string.Join(
            ", ", history?.Body?["items"]?.AsArray().Select(item => $"{item!["name"]} {(DateTime)item["at"]!:HH:mm:ss.f}") ?? []);
    }

    /// <summary>Reads one of its orders until the shop answers; null where it does not know the order.</summary>
    public async Task<string?> Status(long id)
    {
        var status = "";
        await Eventually.Is(
            async () =>
            {
                var answer = await _api.Send(HttpMethod.Get, $"orders/{id}", [200]);
                status = answer is { Status: 200 } ? (string?)answer.Body!["status"] : null;
                return answer is not null;
            },
            $"GET /orders/{id} is answered");
        return status;
    }

    public void Dispose() => _api.Dispose();

    private Task DoSomething(CancellationToken end) => _random.Next(100) switch
    {
        < 30 => Order(end),
        < 38 => FillCart(),
        < 44 => CheckOut(),
        < 54 => Cancel(),
        < 74 => _recent.Count > 0 ? ReadOrder(RecentOrder()) : Order(end),
        < 80 => ListOrders(),
        < 85 => ReadPayment(),
        < 90 => ReadHistory(),
        < 95 => ReadCart(),
        _ => _api.Send(HttpMethod.Get, $"products/{Product()}", [200]),
    };

    private async Task Order(CancellationToken end)
    {
        var lines = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new { productId = Product(), quantity = _random.Next(1, 3) });
        var body = new { lines = lines.ToList(), paymentMethod = PaymentMethod() };
        if (await Place("orders", body) is { } id && _random.Next(4) == 0 && _streams.Count < MaxOpenStreams)
        {
            var stream = Follow(id, end);
            _streams[stream] = true;
            _ = stream.ContinueWith(ended => _streams.TryRemove(ended, out _), TaskScheduler.Default);
        }
    }

    /// <summary>Null when the shop refused, as it may refuse to check out an empty cart.</summary>
    private async Task<long?> Place(string path, object body)
    {
        var key = $"{_email}-{++_keys}";
        long? placed = null;
        var isRefused = false;
        var waits = _random.Next(8) == 0;
        await Eventually.Is(
            async () =>
            {
                var attempts = _random.Next(12) == 0 ? 2 : 1;
                var answers = await Task.WhenAll(Enumerable.Range(0, attempts).Select(_ => TryPlace(path, body, key, waits)));
                foreach (var answer in answers)
                {
                    if (IdIn(answer) is { } id)
                    {
                        _record.Acknowledged(key, id, _email);
                        placed = id;
                    }

                    isRefused |= answer is { Problem: "cart-empty" };
                }

                if (placed is null && !isRefused)
                {
                    await Task.Delay(ShopApi.Pause);
                }

                return placed is not null || isRefused;
            },
            $"POST /{path} with the key {key} is answered");
        if (placed is { } known)
        {
            _newest = Math.Max(_newest, known);
            _recent.Add(known);
            if (_recent.Count > Remembered)
            {
                _recent.RemoveAt(0);
            }
        }

        return placed;
    }

    private Task<Answer?> TryPlace(string path, object body, string key, bool waits) => _api.Send(
        HttpMethod.Post,
        path,
        waits ? [201, 202, 402, 409] : [202, 409],
        body,
        waits ? [("Idempotency-Key", key), ("Prefer", "wait=3")] : [("Idempotency-Key", key)]);

    private static long? IdIn(Answer? answer) => answer switch
    {
        { Status: 201 or 202 } => (long?)answer.Body!["id"],
        { Problem: "out-of-stock" or "payment-declined" } => (long?)answer.Body!["orderId"],
        _ => null,
    };

    private async Task<string?> ReadOrder(long id)
    {
        var before = _record.StatusOf(id);
        var answer = await _api.Send(HttpMethod.Get, $"orders/{id}", [200]);
        if (answer is not { Status: 200 })
        {
            return null;
        }

        var status = (string)answer.Body!["status"]!;
        _record.Told(id, status, before);
        return status;
    }

    private async Task Cancel()
    {
        if (_recent.Count == 0)
        {
            return;
        }

        var id = RecentOrder();
        var before = _record.StatusOf(id);
        var answer = await _api.Send(HttpMethod.Post, $"orders/{id}/cancel", [202, 409]);
        if (answer is { Status: 202 })
        {
            _record.CancelAccepted(id);
            _record.Told(id, (string)answer.Body!["status"]!, before);
        }
    }

    private async Task ListOrders()
    {
        var before = _recent.ToDictionary(id => id, _record.StatusOf);
        var answer = await _api.Send(HttpMethod.Get, "orders?limit=100", [200]);
        if (answer is not { Status: 200 })
        {
            return;
        }

        var listed = answer.Body!["items"]!.AsArray().ToDictionary(order => (long)order!["id"]!, order => (string)order!["status"]!);
        if (_newest > 0 && !listed.ContainsKey(_newest))
        {
            _record.Violated($"order {_newest} was acknowledged and is not in the list of {_email}");
        }

        foreach (var (id, status) in listed)
        {
            _record.Told(id, status, before.GetValueOrDefault(id, -1));
        }
    }

    private async Task ReadPayment()
    {
        if (_recent.Count > 0)
        {
            await _api.Send(HttpMethod.Get, $"payments?orderId={RecentOrder()}", [200]);
        }
    }

    private async Task ReadHistory()
    {
        if (_recent.Count == 0)
        {
            return;
        }

        var id = RecentOrder();
        var answer = await _api.Send(HttpMethod.Get, $"orders/{id}/history", [200]);
        if (answer is { Status: 200 })
        {
            var names = answer.Body!["items"]!.AsArray().Select(item => (string)item!["name"]!).ToList();
            if (names.Distinct().Count() < names.Count)
            {
                _record.Violated($"the history of order {id} has an event twice: {string.Join(", ", names)}");
            }
        }
    }

    private async Task FillCart()
    {
        var (product, quantity) = (Product(), _random.Next(1, 4));
        TellCart(await _api.Send(HttpMethod.Put, $"cart/items/{product}", [200], new { quantity }), changes: true, (product, quantity));
    }

    private async Task ReadCart()
    {
        var before = _cart;
        var answer = await _api.Send(HttpMethod.Get, "cart", [200]);
        if (answer is { Status: 200 } && before is not null && !CartIn(answer.Body!).ToHashSet().SetEquals(before))
        {
            _record.Violated($"the cart of {_email} was {Text(before)} and then {answer.Body}");
        }

        TellCart(answer, changes: false);
    }

    private async Task CheckOut()
    {
        // An order that the shop answers with nothing may have been placed: its key is repeated until it answers.
        var failures = _record.Failures.Values.Sum();
        await Place("cart/checkout", new { paymentMethod = PaymentMethod() });
        if (failures == _record.Failures.Values.Sum())
        {
            TellCart(new Answer(200, new JsonObject { ["lines"] = new JsonArray() }), changes: true);
        }
        else
        {
            TellCart(null, changes: true);
        }
    }

    private void TellCart(Answer? answer, bool changes, (long Product, int Quantity)? put = null)
    {
        if (answer is not { Status: 200 })
        {
            if (changes)
            {
                (_cart, _cartIsUncertainSince) = (null, Stopwatch.GetTimestamp());
            }

            return;
        }

        var told = CartIn(answer.Body!);
        if (put is { } line && told.GetValueOrDefault(line.Product) != line.Quantity)
        {
            _record.Violated($"{line.Quantity} of product {line.Product} were put into the cart of {_email}, which is {answer.Body}");
        }

        var isCertain = _cartIsUncertainSince == 0 || Stopwatch.GetElapsedTime(_cartIsUncertainSince) > LateEffect;
        _cart = isCertain ? told : null;
    }

    private static Dictionary<long, int> CartIn(JsonNode cart) =>
        cart["lines"]!.AsArray().ToDictionary(line => (long)line!["productId"]!, line => (int)line!["quantity"]!);

    private static string Text(Dictionary<long, int> cart) => string.Join(", ", cart.Select(line => $"{line.Value} of {line.Key}"));

    /// <summary>Follows the stream of an order to its end, through as many connections as that takes.</summary>
    private async Task Follow(long id, CancellationToken end)
    {
        var (lastEvent, last, isFinal) = ((string?)null, -1, false);
        while (!isFinal && !end.IsCancellationRequested)
        {
            try
            {
                var wasComplete = await _api.Stream(
                    $"orders/{id}/events",
                    lastEvent,
                    (eventId, order) =>
                    {
                        var status = (string)order["status"]!;
                        if (eventId == lastEvent)
                        {
                            _record.Violated($"the stream of order {id} sent the event {eventId} again");
                        }

                        _record.Told(id, status, last);
                        (lastEvent, last, isFinal) = (eventId, ClientRecord.RankOf(status), ClientRecord.IsFinal(status));
                    },
                    end);
                if (!wasComplete || !isFinal)
                {
                    await Task.Delay(ShopApi.Pause, end);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private long RecentOrder() => _recent[_random.Next(_recent.Count)];

    private long Product() => _products[_random.Next(_products.Count)];

    private string PaymentMethod() => PaymentMethods[_random.Next(PaymentMethods.Length)];
}
