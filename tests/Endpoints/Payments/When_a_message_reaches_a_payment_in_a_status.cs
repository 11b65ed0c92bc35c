using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// Every message that Payments handles, in every status of a payment and before there is one, once and then again: through the saga and the
/// handlers, on the database and with the provider.
/// </summary>
internal sealed class When_a_message_reaches_a_payment_in_a_status
{
    private const string Same = "same";
    private const string Never = "never";
    private static readonly DateTimeOffset At = new(2025, 11, 22, 3, 0, 1, TimeSpan.Zero);

    // Before there is a payment: what the saga heard. Columns of the first table.
    private static readonly Dictionary<string, Func<long, object[]>> Beginnings = new()
    {
        ["nothing"] = _ => [],
        ["placed"] = order => [Placed(order)],
        ["reserved"] = order => [Reserved(order)],
        ["rejected"] = order => [Placed(order), Rejected(order)],
        ["cancelled"] = order => [Cancelled(order)],
    };

    // The status of the payment after it, what is published, and what is sent.
    private static readonly Dictionary<string, (Func<long, object> Event, string[] Outcomes)> Before = new()
    {
        [nameof(OrderPlaced)] = (order => Placed(order), [Same, Same, "PENDING, ChargePayment", Same, Same]),
        [nameof(StockReserved)] = (Reserved, [Same, "PENDING, ChargePayment", Same, Same, Same]),
        [nameof(StockRejected)] = (Rejected, [Same, Same, Same, Same, Same]),
        [nameof(OrderCancelled)] = (
            order => Cancelled(order),
            ["none, PaymentFailed", "none, PaymentFailed", "none, PaymentFailed", "none, PaymentFailed", Same]),
        ["OrderCancelled OUT_OF_STOCK"] = (order => Cancelled(order, "OUT_OF_STOCK"), [Same, Same, Same, Same, Same]),
        ["OrderCancelled PAYMENT_DECLINED"] = (order => Cancelled(order, "PAYMENT_DECLINED"), [Same, Same, Same, Same, Same]),
    };

    // Columns of the second table. PENDING twice: whether the provider may have been asked decides what a cancellation means.
    private static readonly string[] Statuses =
        ["PENDING", "PENDING, asked", "UNKNOWN", "COMPLETED", "FAILED", "REFUNDING", "REFUNDED"];

    private static readonly Dictionary<string, (Func<long, long, object> Message, string[] Outcomes)> Table = new()
    {
        [nameof(OrderPlaced)] = ((order, _) => Placed(order), [Same, Same, Same, Same, Same, Same, Same]),
        [nameof(StockReserved)] = ((order, _) => Reserved(order), [Same, Same, Same, Same, Same, Same, Same]),
        [nameof(StockRejected)] = ((order, _) => Rejected(order), [Same, Same, Same, Same, Same, Same, Same]),
        [nameof(OrderCancelled)] = (
            (order, _) => Cancelled(order),
            ["FAILED, PaymentFailed", "PENDING, ResolvePayment", "UNKNOWN, ResolvePayment", "REFUNDING, RefundPayment", Same, Same, Same]),
        [nameof(ChargePayment)] = (
            (_, payment) => new ChargePayment(payment),
            ["COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Same, Same, Same]),
        [nameof(ResolvePayment)] = (
            (_, payment) => new ResolvePayment(payment, 1),
            ["COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Same, Same, Same]),
        ["ResolvePayment for the last time"] = (
            (_, payment) => new ResolvePayment(payment, 3, Resent: 2),
            ["FAILED, PaymentFailed", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Same, Same, Same]),
        [nameof(ChargeReported)] = (
            (_, payment) => new ChargeReported(payment, new ProviderCharge(9, "CHARGED", Amount, DeclineReason: null, At)),
            ["COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Same, Same, Same]),
        ["ChargeReported declined"] = (
            (_, payment) => new ChargeReported(payment, new ProviderCharge(9, "DECLINED", Amount, "DECLINED", ChargedAt: null)),
            ["FAILED, PaymentFailed", "FAILED, PaymentFailed", "FAILED, PaymentFailed", Same, Same, Same, Same]),
        [nameof(RefundPayment)] = (
            (_, payment) => new RefundPayment(payment), [Same, Same, Same, Same, Same, "REFUNDED, PaymentRefunded", Same]),
        [nameof(RefundReported)] = (
            (_, payment) => new RefundReported(payment, new ProviderRefund(9, At)),
            [Never, Never, Never, Same, Same, "REFUNDED, PaymentRefunded", Same]),
    };

    private PaymentsHarness _harness = null!;
    private long _lastOrder;

    public static IEnumerable<string> BeginningNames => Beginnings.Keys;

    public static IEnumerable<string> EventNames => Before.Keys;

    public static IEnumerable<string> StatusNames => Statuses;

    public static IEnumerable<string> MessageNames => Table.Keys;

    [OneTimeSetUp]
    public async Task Open() => _harness = await PaymentsHarness.Open();

    [OneTimeTearDown]
    public async Task Close() => await _harness.DisposeAsync();

    [SetUp]
    public void NextOrder()
    {
        _lastOrder++;
        while (_harness.TakeWaiting() is not null)
        {
            // What earlier orders left.
        }
    }

    [Test]
    public void Should_know_every_message_that_Payments_handles_and_every_status()
    {
        var handled = typeof(Payment).Assembly.GetTypes().SelectMany(type => type.GetInterfaces())
            .Where(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IHandleMessages<>))
            .Select(contract => contract.GetGenericArguments()[0].Name)
            .Distinct()
            .ToList();
        Assert.That(Table.Keys.Select(name => name.Split(' ')[0]).Distinct(), Is.EquivalentTo(handled));
        Assert.That(Before.Keys.Select(name => name.Split(' ')[0]).Distinct(), Is.EquivalentTo(
            typeof(PaymentPolicy).GetInterfaces()
                .Where(contract => contract.IsGenericType)
                .Select(contract => contract.GetGenericArguments()[0].Name)
                .Distinct()));
        Assert.That(
            Statuses.Select(name => name.Split(',')[0]).Distinct(),
            Is.EquivalentTo(Enum.GetNames<PaymentStatus>()));
        Assert.That(Before.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(Beginnings.Count));
        Assert.That(Table.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(Statuses.Length));
    }

    [Test]
    public async Task Should_do_what_the_table_says_before_there_is_a_payment(
        [ValueSource(nameof(BeginningNames))] string beginning, [ValueSource(nameof(EventNames))] string happened)
    {
        await _harness.HandleAll(Beginnings[beginning](_lastOrder));

        await HappensOnce(Before[happened].Event(_lastOrder), Before[happened].Outcomes[Beginnings.Keys.ToList().IndexOf(beginning)]);
    }

    [Test]
    public async Task Should_do_what_the_table_says_once_however_often_it_happens(
        [ValueSource(nameof(StatusNames))] string status, [ValueSource(nameof(MessageNames))] string message)
    {
        await Reach(status);
        var payment = await _harness.PaymentId(_lastOrder);

        await HappensOnce(Table[message].Message(_lastOrder, payment), Table[message].Outcomes[Array.IndexOf(Statuses, status)]);
    }

    private async Task Reach(string status)
    {
        await _harness.HandleAll(Placed(_lastOrder, status == "FAILED" ? "CARD_DECLINED" : "CARD"), Reserved(_lastOrder));
        var charge = (ChargePayment)_harness.TakeWaiting()!;
        switch (status)
        {
            case "PENDING":
                return;
            case "PENDING, asked":
                await Unanswered(charge);
                break;
            case "UNKNOWN":
                await Unanswered(charge);
                _harness.Connection.IsDown = true;
                await _harness.Handle(new ResolvePayment(charge.PaymentId, 1));
                _harness.Connection.IsDown = false;
                break;
            default:
                await _harness.Handle(charge);
                break;
        }

        if (status is "REFUNDING" or "REFUNDED")
        {
            await _harness.Handle(Cancelled(_lastOrder));
        }

        if (status is "REFUNDED")
        {
            await _harness.HandleWaiting();
        }

        Assert.That(await _harness.Status(_lastOrder), Is.EqualTo(status.Split(',')[0]), "as it begins");
    }

    /// <summary>The provider takes the money, and its answer is lost.</summary>
    private async Task Unanswered(ChargePayment charge)
    {
        _harness.Connection.LosesResponses = true;
        await _harness.Handle(charge);
        _harness.Connection.LosesResponses = false;
    }

    private async Task HappensOnce(object message, string outcome)
    {
        var before = await Status();
        if (outcome == Never)
        {
            await Assert.ThatAsync(() => _harness.Handle(message), Throws.InvalidOperationException);
            Assert.That(await Status(), Is.EqualTo(before));
            return;
        }

        var expected = outcome == Same ? before : outcome;
        Assert.That(await Result(message), Is.EqualTo(expected));

        // A cancellation that comes again may ask again; nothing else changes, and no event is published again.
        var again = expected.Split(',')[0];
        Assert.That(await Result(message), Is.EqualTo(again).Or.EqualTo($"{again}, {nameof(ResolvePayment)}"), "the second time");
    }

    private async Task<string> Result(object message)
    {
        var (published, sent) = (_harness.Published(_lastOrder).Count, _harness.Waiting.Count);
        await _harness.Handle(message);
        var news = _harness.Published(_lastOrder).Skip(published).Concat(_harness.Waiting.Skip(sent));
        return string.Join(", ", news.Select(one => one.GetType().Name).Prepend(await Status()));
    }

    private async Task<string> Status() => await _harness.Status(_lastOrder) ?? "none";
}
