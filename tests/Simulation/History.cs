using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;
using ShopSaga.Psp.Webhooks;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>How a history ended.</summary>
/// <param name="Seed">That plays it again.</param>
/// <param name="Steps">Handled deliveries and requests.</param>
/// <param name="Orders">Placed orders.</param>
/// <param name="Broken">What was promised and does not hold; empty when all is well.</param>
/// <param name="Story">What happened.</param>
/// <param name="Fingerprint">Of who did what in which order; <see cref="Shop.Story.Fingerprint"/>.</param>
/// <param name="Actions">How many actions it has, those that were left out included.</param>
/// <param name="Without">What it was played without.</param>
internal sealed record Outcome(
    int Seed, int Steps, int Orders, IReadOnlyList<string> Broken, string Story, ulong Fingerprint, int Actions, Without Without);

/// <summary>
/// One history of the shop, of which the seed decides everything: what people do and when, which message comes next, which comes twice,
/// what the provider and its line do, where a service dies, and when time passes.
/// <code>
///   play    an action, or a delivery, again and again      one step at a time
///   finish  no more faults: everything is delivered, and time passes, until nothing is left to happen
///   check   Verify's invariants, and that nothing is left
/// </code>
/// </summary>
internal sealed class History
{
    private const int MaxSteps = 1000;

    /// <summary>Most calls of the provider fail until the faults end. A refund may then fail for good.</summary>
    private const double Outage = 0.9;

    /// <summary>Ends only a history that would never end.</summary>
    private static readonly TimeSpan StepsHang = TimeSpan.FromMinutes(2);

    private static readonly string[] Methods =
        ["CARD", "CARD", "CARD", "CARD", "CARD_DECLINED", "CARD_DECLINED", "CARD_FLAKY", "CARD_REFUND_FLAKY"];

    private static readonly string[] Statuses = ["PENDING", "CONFIRMED", "CANCELLING", "CANCELLED"];

    private static readonly CrashPoint[] CrashPointsOfRequests =
        [CrashPoint.BeforeCommit, CrashPoint.Committed, CrashPoint.Dispatching, CrashPoint.Dispatched];

    private readonly SimulatedShop _shop;
    private readonly int _seed;
    private readonly Without _without;
    private Random _random;
    private readonly string _admin = TestTokens.Admin();
    private readonly Dictionary<long, long> _customerOf = [];
    private readonly Dictionary<long, int> _priceOf = [];
    private readonly Dictionary<long, int> _seen = [];
    private readonly List<string> _wrongAnswers = [];
    private readonly HashSet<Guid> _takenWebhooks = [];
    private readonly HashSet<long> _changedMinds = [];
    private double _requestCrashes;
    private bool _isSilent;
    private bool _isNothingLeft;
    private bool _mayFail;
    private int _keys;
    private int _actions;

    private History(SimulatedShop shop, int seed, Without without) =>
        (_shop, _seed, _without, _random) = (shop, seed, without, new Random(seed));

    /// <summary>Plays the history of a seed, or a part of it.</summary>
    public static async Task<Outcome> Play(SimulatedShop shop, int seed, Without? without = null)
    {
        var history = new History(shop, seed, without ?? Without.Nothing);
        IReadOnlyList<string> broken;
        try
        {
            broken = await history.PlayAndCheck().WaitAsync(StepsHang);
        }
        catch (TimeoutException)
        {
            broken = [$"a step does not end within {StepsHang.TotalMinutes} minutes"];
        }

        var story = shop.Story;
        return new Outcome(
            seed, story.Steps, history._customerOf.Count, broken, story.ToString(), story.Fingerprint, history._actions, history._without);
    }

    private async Task<IReadOnlyList<string>> PlayAndCheck()
    {
        await _shop.Begin(_seed);
        foreach (var service in _shop.Services)
        {
            service.Skew = TimeSpan.FromSeconds(Unless(FaultKind.Clocks, Pick(0, 0, -20, 20)));
        }

        await Play();
        return await Finish() ?? [.. await Books.Check(_shop), .. await CheckAnswers()];
    }

    private async Task Play()
    {
        var broker = _shop.Broker;
        (broker.Duplicates, broker.Crashes, _shop.Line.Faults, _requestCrashes, _shop.Line.Random) = (0, 0, 0, 0, new Random(_seed));
        for (var product = 0; product < 2; product++)
        {
            await ListProduct();
        }

        while (await broker.DeliverNext())
        {
        }

        broker.Duplicates = Unless(FaultKind.Duplicates, Pick(0, 0.1, 0.3));
        broker.Crashes = Unless(FaultKind.MessageCrashes, Pick(0, 0.05, 0.15));
        _shop.Line.Faults = Unless(FaultKind.Line, Pick(0, 0.1, 0.35, Outage));
        _mayFail = _shop.Line.Faults == Outage;
        _requestCrashes = Unless(FaultKind.RequestCrashes, Pick(0, 0.15));
        // Payments finds out by asking what no webhook tells it.
        _isSilent = Unless(FaultKind.Silence, Chance(0.3));
        var actions = Actions();
        var eager = Pick(0.2, 0.5, 0.8, 0.95);
        var pace = new Random(_seed);
        _actions = actions.Count;
        for (var action = 0; action < actions.Count;)
        {
            if (pace.NextDouble() < eager && await broker.DeliverNext())
            {
                continue;
            }

            if (!_without.Actions.Contains(action))
            {
                // Its own, so that it stays what it is when others are left out.
                _random = new Random(HashOf(_seed, action));
                await actions[action]();
            }

            action++;
        }
    }

    /// <summary>What people, provider and time will do, in an order that the seed chooses.</summary>
    private List<Func<Task>> Actions()
    {
        var orders = _random.Next(1, 5);
        List<Func<Task>> later =
        [
            .. Some(_random.Next(orders + 1), CancelByCustomer),
            .. Some(_random.Next(orders), CancelByShop),
            .. Some(_random.Next(5), ChangePrice),
            .. Some(_random.Next(3), ChangeStock),
            .. Some(_random.Next(3 * orders), SendWebhook),
            .. Some(_random.Next(3), LandLateRequest),
            .. Some(_random.Next(4), Poll),
            .. Some(_random.Next(6), PassTime),
            .. Some(_random.Next(3), CheckOut),
            .. Some(_random.Next(4), ReadOrder),
            .. Some(Chance(0.3) ? 1 : 0, ChangeMind),
            .. Some(Chance(0.2) ? 1 : 0, RefundAtProvider),
            .. Some(Chance(0.2) ? 1 : 0, Withdraw),
            .. Some(Chance(0.4) ? _random.Next(1, 3) : 0, CloseDay),
        ];
        var actions = later.OrderBy(_ => _random.Next()).ToList();
        // The first order comes first: before it there is little to do.
        for (var order = 1; order < orders; order++)
        {
            actions.Insert(_random.Next(actions.Count + 1), PlaceOrder);
        }

        actions.Insert(0, PlaceOrder);
        return actions;

        static IEnumerable<Func<Task>> Some(int count, Func<Task> action) => Enumerable.Repeat(action, count);
    }

    /// <summary>Lets everything finish; says what does not.</summary>
    private async Task<IReadOnlyList<string>?> Finish()
    {
        var broker = _shop.Broker;
        (broker.Duplicates, broker.Crashes, _shop.Line.Random, _requestCrashes) = (0, 0, null, 0);
        _shop.Story.Add("no more faults");
        while (true)
        {
            while (await broker.DeliverNext())
            {
                if (_shop.Story.Steps > MaxSteps)
                {
                    return [$"messages still circle after {MaxSteps} steps"];
                }
            }

            if (_shop.Line.HasLateRequest)
            {
                await _shop.Line.Land();
            }
            else if ((await Webhooks()).Find(webhook => !_takenWebhooks.Contains(webhook.Id)) is { } webhook)
            {
                await Send(webhook);
            }
            else if (await PollWhereNeeded())
            {
            }
            else if (broker.NextDue is { } due)
            {
                _shop.Clock.Now = due;
            }
            else if (_mayFail && broker.ReturnFailed(Books.ErrorQueue) > 0)
            {
                _shop.Story.Step("a person returns the failed messages");
                _mayFail = false;
            }
            else
            {
                return null;
            }

            if (_shop.Story.Steps > MaxSteps)
            {
                return [$"the shop is not idle after {MaxSteps} steps"];
            }
        }
    }

    /// <summary>Each order that a customer was told of is there, and no answer was wrong.</summary>
    private async Task<IReadOnlyList<string>> CheckAnswers()
    {
        var orders = await _shop.Databases.Query<long>("Orders", "SELECT id FROM orders");
        return
        [
            .. _wrongAnswers,
            .. _customerOf.Keys.Except(orders).Select(order => $"a customer was told of order {order}, which does not exist"),
        ];
    }

    /// <summary>Until nothing was left behind: without faults nothing is from then on, and each look takes a statement.</summary>
    private async Task<bool> PollWhereNeeded()
    {
        if (_isNothingLeft)
        {
            return false;
        }

        var before = _shop.Broker.Sent;
        foreach (var service in _shop.Services)
        {
            await _shop.Poll(service);
        }

        _isNothingLeft = _shop.Broker.Sent == before;
        return !_isNothingLeft;
    }

    private async Task ListProduct()
    {
        var price = _random.Next(1, 10) * 1000;
        var stock = _random.Next(7);
        var (_, body) = await Request(
            _shop.Products, HttpMethod.Post, "/products", _admin, new { name = "Lamp", category = "Light", price, stockQuantity = stock },
            $"the shop lists a product at {price}, {stock} in stock");
        _priceOf.Add(body!["id"]!.GetValue<long>(), price);
    }

    private Task PlaceOrder()
    {
        var customer = _random.Next(1, 3);
        var products = _priceOf.Keys.Order().Where(_ => Chance(0.6)).DefaultIfEmpty(1).ToList();
        var lines = products.Select(productId => new { productId, quantity = _random.Next(1, 4) }).ToList();
        var paymentMethod = Pick(Methods);
        return PlaceOrder(
            customer, "/orders", new { lines, paymentMethod },
            $"orders {string.Join(" and ", lines.Select(line => $"{line.quantity} of product {line.productId}"))} by {paymentMethod}");
    }

    /// <summary>The cart of the customer may be as an earlier checkout that failed has left it.</summary>
    private async Task CheckOut()
    {
        var customer = _random.Next(1, 3);
        var product = Pick([.. _priceOf.Keys.Order()]);
        await Request(
            EitherOrders(), HttpMethod.Put, $"/cart/items/{product}", TestTokens.Customer(customer), new { quantity = _random.Next(1, 4) },
            $"customer {customer} puts product {product} into the cart");
        var paymentMethod = Pick(Methods);
        await PlaceOrder(customer, "/cart/checkout", new { paymentMethod }, $"checks the cart out by {paymentMethod}");
    }

    /// <summary>
    /// A client that has had no answer repeats the request with its key: the service has died over it, or the answer is lost on its way.
    /// </summary>
    private async Task PlaceOrder(int customer, string path, object order, string tell)
    {
        var key = $"key-{++_keys}";
        var before = await CountOrders();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var (status, body) = await Request(
                EitherOrders(), HttpMethod.Post, path, TestTokens.Customer(customer), order, $"customer {customer} {tell}", key);
            if (Chance(_requestCrashes))
            {
                _shop.Story.Add("the answer is lost");
            }
            else if (status < 500)
            {
                if (body?["id"] is { } id && status < 300)
                {
                    _customerOf[id.GetValue<long>()] = customer;
                }

                break;
            }
        }

        if (await CountOrders() - before is > 1 and var placed)
        {
            _wrongAnswers.Add($"{key} has placed {placed} orders");
        }
    }

    private async Task<long> CountOrders() => (await _shop.Databases.Query<long>("Orders", "SELECT count(*) FROM orders")).Single();

    /// <summary>What a reader sees of an order never goes back.</summary>
    private async Task ReadOrder()
    {
        if (_customerOf.Count == 0)
        {
            return;
        }

        var order = Pick([.. _customerOf.Keys.Order()]);
        var (status, body) = await Request(
            EitherOrders(), HttpMethod.Get, $"/orders/{order}", TestTokens.Customer(_customerOf[order]), body: null,
            $"customer {_customerOf[order]} reads order {order}");
        if (status < 500)
        {
            var seen = Array.IndexOf(Statuses, body?["status"]?.GetValue<string>());
            if (seen < _seen.GetValueOrDefault(order))
            {
                _wrongAnswers.Add($"a reader of order {order} saw {Statuses[_seen[order]]}, then {status} {body}");
            }

            _seen[order] = seen;
        }
    }

    private async Task CancelByCustomer()
    {
        if (_customerOf.Count > 0)
        {
            var order = Pick([.. _customerOf.Keys.Order()]);
            var customer = _customerOf[order];
            await Request(
                EitherOrders(), HttpMethod.Post, $"/orders/{order}/cancel", TestTokens.Customer(customer), body: null,
                $"customer {customer} cancels order {order}");
        }
    }

    private async Task CancelByShop()
    {
        if (await _shop.Databases.Query<long>("Payments", "SELECT id FROM payments ORDER BY id") is { Count: > 0 } payments)
        {
            var payment = Pick([.. payments]);
            await Request(
                _shop.Payments, HttpMethod.Post, $"/payments/{payment}/cancel", _admin, body: null,
                $"the shop cancels payment {payment}");
        }
    }

    private async Task ChangePrice()
    {
        var product = Pick([.. _priceOf.Keys.Order()]);
        var price = _random.Next(1, 10) * 1000;
        await Request(
            _shop.Products, HttpMethod.Put, $"/products/{product}", _admin, new { name = "Lamp", category = "Light", price },
            $"the shop sells product {product} at {price}");
    }

    private async Task Withdraw()
    {
        var product = Pick([.. _priceOf.Keys.Order()]);
        await Request(
            _shop.Products, HttpMethod.Delete, $"/products/{product}", _admin, body: null, $"the shop withdraws product {product}");
    }

    private async Task ChangeStock()
    {
        var product = Pick([.. _priceOf.Keys.Order()]);
        var delta = Pick(-2, -1, 1, 2, 3);
        await Request(
            _shop.Products, HttpMethod.Post, $"/products/{product}/stock", _admin, new { delta },
            $"the shop changes the stock of product {product} by {delta}");
    }

    /// <summary>Any webhook there is: early, late, out of order or again.</summary>
    private async Task SendWebhook()
    {
        if (await Webhooks() is { Count: > 0 } webhooks)
        {
            await Send(Pick([.. webhooks]));
        }
    }

    private async Task Send(DueWebhook due)
    {
        var body = due.ChargeId is { } charge
            ? Webhook.Of(due, (await _shop.Databases.Query<Charge>(
                "psp", $"SELECT {Charge.Columns} FROM charges WHERE id = @charge", new { charge })).Single())
            : Webhook.Of(due, (await _shop.Databases.Query<Refund>(
                "psp", $"SELECT {Refund.Columns} FROM refunds WHERE id = @id", new { id = due.RefundId })).Single());
        var request = body.Signed(new Uri("http://localhost/webhooks/psp"), SimulatedShop.Key, _shop.Clock.Now);
        var (status, _) = await Request(
            _shop.Payments, request, token: null, $"the provider reports {due.Type} of {due.ChargeId ?? due.RefundId}");
        if (status < 300)
        {
            _takenWebhooks.Add(due.Id);
        }
    }

    private async Task<List<DueWebhook>> Webhooks() => _isSilent ? [] :
    [
        .. await _shop.Databases.Query<DueWebhook>(
            "psp",
            """
            SELECT id, type, created_at, attempts, charge_id, refund_id FROM webhooks
            ORDER BY coalesce(charge_id, 0), coalesce(refund_id, 0), type
            """),
    ];

    private Task LandLateRequest() => _shop.Line.HasLateRequest ? _shop.Line.Land() : Task.CompletedTask;

    private Task Poll()
    {
        var service = Pick([.. _shop.Services]);
        _shop.Story.Step($"{service.Name} looks for messages that have not left");
        return _shop.Poll(service);
    }

    private Task PassTime()
    {
        if (_shop.Broker.NextDue is { } due)
        {
            _shop.Clock.Now = due;
            _shop.Story.Step("time passes until the next delayed message is due");
        }

        return Task.CompletedTask;
    }

    private async Task CloseDay()
    {
        var day = _shop.Clock.Now.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        _shop.Clock.Now += TimeSpan.FromDays(1);
        await Request(
            _shop.Settlement, HttpMethod.Post, $"/settlements/daily/{day}/close", _admin, body: null,
            $"a day later, {day} is closed");
    }

    /// <summary>The provider captures the money of a charge that it has declined, and reports it.</summary>
    private async Task ChangeMind()
    {
        var declined = await _shop.Databases.Query<long>("psp", "SELECT id FROM charges WHERE status = 'DECLINED' ORDER BY id");
        // Nobody asks about a charge that is known to be declined.
        if (!_isSilent && declined.FirstOrDefault(charge => !_changedMinds.Contains(charge)) is > 0 and var charge)
        {
            _changedMinds.Add(charge);
            _shop.Story.Step($"the provider captures charge {charge}, which it had declined");
            await _shop.Databases.Execute(
                "psp",
                """
                UPDATE charges SET status = 'CHARGED', decline_reason = NULL, charged_at = @now WHERE id = @charge;
                INSERT INTO webhooks (type, charge_id, created_at, next_attempt_at) VALUES ('charge.succeeded', @charge, @now, @now);
                """,
                new { charge, now = _shop.Clock.Now });
        }
    }

    /// <summary>A person refunds a charge at the provider, without the shop. Only a webhook tells of it.</summary>
    private async Task RefundAtProvider()
    {
        var captured = await _shop.Databases.Query<(long Id, long Amount)>(
            "psp", "SELECT id, amount FROM charges WHERE status = 'CHARGED' ORDER BY id");
        if (!_isSilent && captured.Count > 0)
        {
            var (charge, amount) = Pick([.. captured]);
            await Request(
                _shop.Provider, HttpMethod.Post, $"/charges/{charge}/refunds", SimulatedShop.Key, new { amount },
                $"a person at the provider refunds charge {charge}", $"by-hand-{charge}");
        }
    }

    private Task<(int Status, JsonNode? Body)> Request(
        ISimulatedService service, HttpMethod method, string path, string? token, object? body, string tell, string? key = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return Request(service, request, token, tell);
    }

    private async Task<(int Status, JsonNode? Body)> Request(
        ISimulatedService service, HttpRequestMessage request, string? token, string tell)
    {
        _shop.Story.Step(tell);
        service.DiesAt = Chance(_requestCrashes) ? Pick(CrashPointsOfRequests) : null;
        using (request)
        {
            var (status, body) = await service.Send(request, token);
            await _shop.Broker.WaitUntilSent();
            service.DiesAt = null;
            _shop.Story.Add($"→ {status}{(body?["id"] is { } id ? $", id {id}" : "")}{(body?["type"] is { } type ? $", {type}" : "")}");
            return (status, body);
        }
    }

    private ISimulatedService EitherOrders() => Pick(_shop.Orders, _shop.OtherOrders);

    private static int HashOf(int seed, int action) => unchecked((seed * 397) ^ (action * 7919));

    private T Unless<T>(FaultKind kind, T value)
        where T : struct => _without.Kinds.Contains(kind) ? default : value;

    private bool Chance(double chance) => _random.NextDouble() < chance;

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];
}
