using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Tests.Endpoints.Psp;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// The saga and the handlers of Payments on a real database and a real provider, with the test in place of the bus: it decides when and how
/// often each message is handled. Local commands wait until the test handles them; delays are skipped.
/// </summary>
internal sealed class PaymentsHarness : IAsyncDisposable
{
    public const long Amount = 3000;
    private const long UserId = 7;
    private static readonly DateTimeOffset Now = new(2025, 11, 22, 3, 0, 0, TimeSpan.Zero);
    private readonly TestableSaga<PaymentPolicy, PaymentPolicy.State> _policy =
        new(() => new PaymentPolicy(TimeProvider.System, NullLogger<PaymentPolicy>.Instance));
    private readonly SemaphoreSlim _policyIsBusy = new(1);
    private readonly HttpClient _http;
    private readonly TimeSpan _providerTimeout;
    private readonly TestDatabase _database;
    private readonly List<object> _published = [];
    private readonly Queue<object> _waiting = new();

    private PaymentsHarness(Merchant merchant, TestDatabase database, TimeSpan providerTimeout)
    {
        (Provider, _database, _providerTimeout) = (merchant, database, providerTimeout);
        _http = merchant.HttpThrough(Connection);
    }

    public Merchant Provider { get; }

    public FaultyConnection Connection { get; } = new();

    public FakeLogger<ChargeHandler> ChargeLog { get; } = new();

    public FakeLogger<RefundHandler> RefundLog { get; } = new();

    /// <summary>The sum of the delays of all messages that were sent.</summary>
    public TimeSpan Delays { get; private set; }

    public static async Task<PaymentsHarness> Open(double providerTimeout = 20) => new(
        await Merchant.Start(),
        await TestDatabase.Create(typeof(PaymentPolicy).Assembly),
        TimeSpan.FromSeconds(providerTimeout));

    public static OrderPlaced Placed(long orderId, string method = "CARD") =>
        new(orderId, UserId, [new OrderLine(1, 3, 1000)], Amount, method, Now);

    public static StockReserved Reserved(long orderId) => new(orderId, Now);

    public static StockRejected Rejected(long orderId) => new(orderId, [new Shortage(1, 3, 0)]);

    public static OrderCancelled Cancelled(long orderId, string reason = "CUSTOMER") => new(orderId, reason, Now);

    /// <summary>The events that were published about an order, oldest first.</summary>
    public IReadOnlyList<object> Published(long orderId)
    {
        lock (_published)
        {
            return [.. _published.Where(message => OrderOf(message) == orderId)];
        }
    }

    /// <summary>The local commands that wait to be handled.</summary>
    public IReadOnlyList<object> Waiting
    {
        get
        {
            lock (_waiting)
            {
                return [.. _waiting];
            }
        }
    }

    public async Task HandleAll(params IEnumerable<object> messages)
    {
        foreach (var message in messages)
        {
            await Handle(message);
        }
    }

    /// <summary>Handles one message in one transaction.</summary>
    public async Task Handle(object message)
    {
        await using var transaction = await TestSqlSession.Begin(_database.Source);
        var context = new TestableMessageHandlerContext { SynchronizedStorageSession = transaction };
        await (message switch
        {
            OrderPlaced placed => Policy(placed, context),
            StockReserved reserved => Policy(reserved, context),
            StockRejected rejected => Policy(rejected, context),
            OrderCancelled cancelled => Policy(cancelled, context),
            ChargePayment charge => Charging().Handle(charge, context),
            ResolvePayment resolve => Charging().Handle(resolve, context),
            ChargeReported reported => Charging().Handle(reported, context),
            RefundPayment refund => Refunding().Handle(refund, context),
            RefundReported reported => Refunding().Handle(reported, context),
            _ => throw new ArgumentException($"Payments does not handle {message.GetType().Name}."),
        });
        await transaction.Commit();
        lock (_published)
        {
            _published.AddRange(context.PublishedMessages.Select(published => published.Message));
        }

        lock (_waiting)
        {
            foreach (var sent in context.SentMessages)
            {
                _waiting.Enqueue(sent.Message);
                Delays += sent.Options.GetDeliveryDelay() ?? TimeSpan.Zero;
            }
        }
    }

    /// <summary>The shop's request to cancel the payment; gives the status of the answer.</summary>
    public async Task<int> CancelByShop(long orderId)
    {
        await using var session = new TestableTransactionalSession(_database.Source);
        var answer = await CancelPayment.Handle(
            await PaymentId(orderId), session, TimeProvider.System, NullLogger<CancelPayment>.Instance, CancellationToken.None);
        lock (_waiting)
        {
            foreach (var sent in session.Sent)
            {
                _waiting.Enqueue(sent);
            }
        }

        return ((IStatusCodeHttpResult)answer.Result).StatusCode!.Value;
    }

    /// <summary>
    /// Handles every waiting command, and those that follow, twice each. A command that fails because the provider is unavailable is
    /// retried.
    /// </summary>
    public async Task HandleWaiting()
    {
        for (var failures = 0; TakeWaiting() is { } message;)
        {
            try
            {
                await Handle(message);
                await Handle(message);
            }
            catch (ProviderUnavailableException) when (++failures < 10)
            {
                lock (_waiting)
                {
                    _waiting.Enqueue(message);
                }
            }
        }
    }

    public object? TakeWaiting()
    {
        lock (_waiting)
        {
            return _waiting.TryDequeue(out var message) ? message : null;
        }
    }

    /// <summary>The status of the order's payment, or null when it has none.</summary>
    public async Task<string?> Status(long orderId) =>
        (await _database.Query<string>("SELECT status FROM payments WHERE order_id = @orderId", new { orderId })).SingleOrDefault();

    /// <summary>The id of the order's payment.</summary>
    public Task<long> PaymentId(long orderId) =>
        _database.QuerySingle<long>("SELECT id FROM payments WHERE order_id = @orderId", new { orderId });

    /// <summary>The provider's report of the order's charge.</summary>
    public async Task<ChargeReported> ChargeReport(long orderId)
    {
        var charge = (await Provider.Find($"order-{orderId}")).Single()!;
        return new ChargeReported(
            await PaymentId(orderId),
            new ProviderCharge(
                (long)charge["id"]!,
                (string)charge["status"]!,
                (long?)charge["amount"],
                (string?)charge["declineReason"],
                (DateTimeOffset?)charge["chargedAt"]));
    }

    /// <summary>The provider's report of the refund of the order's payment.</summary>
    public async Task<RefundReported> RefundReport(long orderId)
    {
        var id = await PaymentId(orderId);
        var refund = (await Provider.Get($"refunds?idempotencyKey=refund-{id}"))["items"]!.AsArray().Single()!;
        return new RefundReported(id, Read(refund));
    }

    /// <summary>Refunds an amount directly at the provider, and gives the report that the provider would send of it.</summary>
    public async Task<RefundReported> RefundAtProvider(long orderId, long amount)
    {
        var chargeId = (long)(await Provider.Find($"order-{orderId}")).Single()!["id"]!;
        var refund = await Merchant.Read(await Provider.Refund(chargeId, $"dashboard-{Guid.NewGuid()}", amount));
        return new RefundReported(await PaymentId(orderId), Read(refund));
    }

    /// <summary>Changes the books of the provider.</summary>
    public async Task ChangeProvider(string sql, object parameters)
    {
        await using var provider = new Npgsql.NpgsqlConnection(Provider.Database);
        await Dapper.SqlMapper.ExecuteAsync(provider, sql, parameters);
    }

    private static ProviderRefund Read(JsonNode refund) =>
        new((long)refund["id"]!, (DateTimeOffset)refund["refundedAt"]!, (long)refund["amount"]!);

    /// <summary>Asserts that Payments and the provider agree on every order, and that each event was published once.</summary>
    public async Task AssertBooksBalance()
    {
        var ours = await _database.Query<(long OrderId, string Status)>("SELECT order_id, status FROM payments");
        await using var provider = new Npgsql.NpgsqlConnection(Provider.Database);
        var theirs = (await Dapper.SqlMapper.QueryAsync<(string Key, long Kept)>(
            provider,
            """
            SELECT idempotency_key, charges.amount - coalesce(
                (SELECT sum(amount) FROM refunds WHERE charge_id = charges.id AND status = 'REFUNDED'), 0)::bigint
            FROM charges WHERE status = 'CHARGED'
            """)).ToDictionary(charge => charge.Key, charge => charge.Kept);
        Assert.That(theirs.Keys, Is.SubsetOf(ours.Select(payment => $"order-{payment.OrderId}")), "charges without a payment");
        Assert.Multiple(() =>
        {
            foreach (var (orderId, status) in ours)
            {
                (long? Kept, string[] Published) expected = status switch
                {
                    "COMPLETED" => (Amount, [nameof(PaymentCompleted)]),
                    "FAILED" => (null, [nameof(PaymentFailed)]),
                    "REFUNDED" => (0, [nameof(PaymentCompleted), nameof(PaymentRefunded)]),
                    _ => throw new InvalidOperationException($"The payment of order {orderId} is still {status}."),
                };
                var actual = theirs.TryGetValue($"order-{orderId}", out var kept) ? kept : (long?)null;
                var published = Published(orderId).Select(message => message.GetType().Name);
                Assert.That(actual, Is.EqualTo(expected.Kept), $"order {orderId} {status}");
                Assert.That(published, Is.EqualTo(expected.Published), $"order {orderId} {status}");
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        Connection.Dispose();
        _policyIsBusy.Dispose();
        await Provider.DisposeAsync();
        await _database.DisposeAsync();
    }

    // A new client for each message, so that the outages of one test do not open the circuit for the next.
    private PaymentProvider Client() => new(_http, _providerTimeout, TimeProvider.System, NullLogger<PaymentProvider>.Instance);

    private RefundHandler Refunding() => new(Client(), _database.Source, TimeProvider.System, RefundLog);

    private ChargeHandler Charging() => new(Client(), _database.Source, TimeProvider.System, ChargeLog);

    // The bus handles the messages of one saga one after the other, too.
    private async Task Policy<T>(T message, TestableMessageHandlerContext context)
        where T : class
    {
        await _policyIsBusy.WaitAsync(context.CancellationToken);
        try
        {
            await _policy.Handle(message, context);
        }
        finally
        {
            _policyIsBusy.Release();
        }
    }

    private static long OrderOf(object message) => message switch
    {
        PaymentCompleted completed => completed.OrderId,
        PaymentFailed failed => failed.OrderId,
        PaymentRefunded refunded => refunded.OrderId,
        _ => throw new ArgumentException($"Payments does not publish {message.GetType().Name}."),
    };
}
