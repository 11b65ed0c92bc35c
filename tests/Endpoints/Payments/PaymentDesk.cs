using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Payments;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using ShopSaga.Tests.Endpoints.Orders;
using ShopSaga.Tests.Endpoints.Psp;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// The saga and the handlers of Payments on a real database and a real provider, with the test in the place of the bus: it decides which message
/// is handled when, and how often. What they send to themselves waits until the test lets it be handled; delays are not waited for.
/// </summary>
internal sealed class PaymentDesk : IAsyncDisposable
{
    public const long Amount = 3000;
    private const long UserId = 7;
    private static readonly DateTimeOffset Now = new(2025, 11, 22, 3, 0, 0, TimeSpan.Zero);
    private readonly TestableSaga<PaymentPolicy, PaymentPolicy.State> _policy =
        new(() => new PaymentPolicy(TimeProvider.System, NullLogger<PaymentPolicy>.Instance));
    private readonly SemaphoreSlim _policyIsBusy = new(1);
    private readonly HttpClient _line;
    private readonly TimeSpan _providerTimeout;
    private readonly TestDatabase _database;
    private readonly List<object> _published = [];
    private readonly Queue<object> _waiting = new();

    private PaymentDesk(Merchant merchant, TestDatabase database, TimeSpan providerTimeout)
    {
        (Provider, _database, _providerTimeout) = (merchant, database, providerTimeout);
        _line = merchant.HttpThrough(Line);
    }

    public Merchant Provider { get; }

    public Line Line { get; } = new();

    /// <summary>How long, together, the messages wait that were sent to be handled later.</summary>
    public TimeSpan Delays { get; private set; }

    public static async Task<PaymentDesk> Open(double providerTimeout = 20) => new(
        await Merchant.Start(),
        await TestDatabase.Create(typeof(PaymentPolicy).Assembly),
        TimeSpan.FromSeconds(providerTimeout));

    public static OrderPlaced Placed(long orderId, string method = "CARD") =>
        new(orderId, UserId, [new OrderLine(1, 3, 1000)], Amount, method, Now);

    public static StockReserved Reserved(long orderId) => new(orderId, Now);

    public static StockRejected Rejected(long orderId) => new(orderId, [new Shortage(1, 3, 0)]);

    public static OrderCancelled Cancelled(long orderId, string reason = "CUSTOMER") => new(orderId, reason, Now);

    /// <summary>What was published about an order, in order.</summary>
    public IReadOnlyList<object> Published(long orderId)
    {
        lock (_published)
        {
            return [.. _published.Where(message => OrderOf(message) == orderId)];
        }
    }

    /// <summary>What waits to be handled.</summary>
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

    /// <summary>Lets one message be handled: all of it takes effect, or none.</summary>
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

    /// <summary>The shop's request to give the money back; gives the status of the answer.</summary>
    public async Task<int> CancelByShop(long orderId)
    {
        await using var session = new TestableTransactionalSession(_database.Source);
        var answer = await CancelPayment.Handle(
            await PaymentId(orderId), session, TimeProvider.System, NullLogger<RefundPayment>.Instance, CancellationToken.None);
        lock (_waiting)
        {
            foreach (var sent in session.Sent)
            {
                _waiting.Enqueue(sent);
            }
        }

        return ((IStatusCodeHttpResult)answer.Result).StatusCode!.Value;
    }

    /// <summary>Lets everything that waits be handled, and what comes of it, each of it twice; what fails for want of the provider comes again.</summary>
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

    /// <summary>What the provider would report about the order's charge.</summary>
    public async Task<ChargeReported> ChargeReport(long orderId)
    {
        var charge = (await Provider.Find($"order-{orderId}")).Single()!;
        return new ChargeReported(
            await PaymentId(orderId),
            new ProviderCharge(
                (long)charge["id"]!, (string)charge["status"]!, (long?)charge["amount"], (string?)charge["declineReason"], (DateTimeOffset?)charge["chargedAt"]));
    }

    /// <summary>What the provider would report about the refund of the order's payment.</summary>
    public async Task<RefundReported> RefundReport(long orderId)
    {
        var id = await PaymentId(orderId);
        var refund = (await Provider.Get($"refunds?idempotencyKey=refund-{id}"))["items"]!.AsArray().Single()!;
        return new RefundReported(id, new ProviderRefund((long)refund["id"]!, (DateTimeOffset)refund["refundedAt"]!));
    }

    /// <summary>Payments and provider agree on every order, and what was published is what happened, once.</summary>
    public async Task AssertBooksBalance()
    {
        var ours = await _database.Query<(long OrderId, string Status)>("SELECT order_id, status FROM payments");
        await using var provider = new Npgsql.NpgsqlConnection(Provider.Database);
        var theirs = (await Dapper.SqlMapper.QueryAsync<(string Key, long Kept)>(
            provider,
            """
            SELECT idempotency_key, charges.amount - coalesce((SELECT sum(amount) FROM refunds WHERE charge_id = charges.id AND status = 'REFUNDED'), 0)::bigint
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
                Assert.That(theirs.TryGetValue($"order-{orderId}", out var kept) ? kept : (long?)null, Is.EqualTo(expected.Kept), $"order {orderId} {status}");
                Assert.That(Published(orderId).Select(message => message.GetType().Name), Is.EqualTo(expected.Published), $"order {orderId} {status}");
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        _line.Dispose();
        Line.Dispose();
        _policyIsBusy.Dispose();
        await Provider.DisposeAsync();
        await _database.DisposeAsync();
    }

    // Anew for each message: the many outages of a test are not to open the circuit for the next.
    private PaymentProvider Client() => new(_line, _providerTimeout, TimeProvider.System, NullLogger<PaymentProvider>.Instance);

    private RefundHandler Refunding() => new(Client(), _database.Source, NullLogger<RefundHandler>.Instance);

    private ChargeHandler Charging() => new(Client(), _database.Source, TimeProvider.System, NullLogger<ChargeHandler>.Instance);

    // As the bus does with the messages of one saga.
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
