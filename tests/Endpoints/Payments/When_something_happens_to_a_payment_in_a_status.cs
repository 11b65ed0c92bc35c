using System.Reflection;
using ShopSaga.Contracts.Orders;
using ShopSaga.Contracts.Products;
using ShopSaga.Payments;
using ShopSaga.Payments.Charging;
using ShopSaga.Payments.Provider;
using ShopSaga.Payments.Refunding;
using static ShopSaga.Tests.Endpoints.Payments.PaymentDesk;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>
/// Every message that Payments handles, in every status of a payment and before there is one, once and then again: through the saga and the
/// handlers, on the database and with the provider.
/// </summary>
internal sealed class When_something_happens_to_a_payment_in_a_status
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
        [nameof(OrderCancelled)] = (order => Cancelled(order), ["none, PaymentFailed", "none, PaymentFailed", "none, PaymentFailed", "none, PaymentFailed", Same]),
        ["OrderCancelled OUT_OF_STOCK"] = (order => Cancelled(order, "OUT_OF_STOCK"), [Same, Same, Same, Same, Same]),
        ["OrderCancelled PAYMENT_DECLINED"] = (order => Cancelled(order, "PAYMENT_DECLINED"), [Same, Same, Same, Same, Same]),
    };

    // Columns of the second table. PENDING twice: whether the provider may have been asked decides what a cancellation means.
    private static readonly string[] Statuses =
        ["PENDING", "PENDING, asked", PaymentStatus.Unknown, PaymentStatus.Completed, PaymentStatus.Failed, PaymentStatus.Refunding, PaymentStatus.Refunded];

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
            (_, payment) => new ResolvePayment(payment, 3),
            ["FAILED, PaymentFailed", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Same, Same, Same]),
        [nameof(ChargeReported)] = (
            (_, payment) => new ChargeReported(payment, new ProviderCharge(9, "CHARGED", Amount, DeclineReason: null, At)),
            ["COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", "COMPLETED, PaymentCompleted", Same, Never, Same, Same]),
        ["ChargeReported declined"] = (
            (_, payment) => new ChargeReported(payment, new ProviderCharge(9, "DECLINED", Amount, "DECLINED", ChargedAt: null)),
            ["FAILED, PaymentFailed", "FAILED, PaymentFailed", "FAILED, PaymentFailed", Same, Same, Same, Same]),
        [nameof(RefundPayment)] = (
            (_, payment) => new RefundPayment(payment), [Same, Same, Same, Same, Same, "REFUNDED, PaymentRefunded", Same]),
        [nameof(RefundReported)] = (
            (_, payment) => new RefundReported(payment, new ProviderRefund(9, At)),
            [Never, Never, Never, Never, Never, "REFUNDED, PaymentRefunded", Same]),
    };

    private PaymentDesk _desk = null!;
    private long _lastOrder;

    public static IEnumerable<string> BeginningNames => Beginnings.Keys;

    public static IEnumerable<string> EventNames => Before.Keys;

    public static IEnumerable<string> StatusNames => Statuses;

    public static IEnumerable<string> MessageNames => Table.Keys;

    [OneTimeSetUp]
    public async Task Open() => _desk = await PaymentDesk.Open();

    [OneTimeTearDown]
    public async Task Close() => await _desk.DisposeAsync();

    [SetUp]
    public void NextOrder()
    {
        _lastOrder++;
        while (_desk.TakeWaiting() is not null)
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
            typeof(PaymentPolicy).GetInterfaces().Where(contract => contract.IsGenericType).Select(contract => contract.GetGenericArguments()[0].Name).Distinct()));
        Assert.That(
            Statuses.Select(name => name.Split(',')[0]).Distinct(),
            Is.EquivalentTo(typeof(PaymentStatus).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetRawConstantValue())));
        Assert.That(Before.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(Beginnings.Count));
        Assert.That(Table.Values.Select(row => row.Outcomes.Length), Is.All.EqualTo(Statuses.Length));
    }

    [Test]
    public async Task Should_do_what_the_table_says_before_there_is_a_payment(
        [ValueSource(nameof(BeginningNames))] string beginning, [ValueSource(nameof(EventNames))] string happened)
    {
        await _desk.HandleAll(Beginnings[beginning](_lastOrder));

        await HappensOnce(Before[happened].Event(_lastOrder), Before[happened].Outcomes[Beginnings.Keys.ToList().IndexOf(beginning)]);
    }

    [Test]
    public async Task Should_do_what_the_table_says_once_however_often_it_happens(
        [ValueSource(nameof(StatusNames))] string status, [ValueSource(nameof(MessageNames))] string message)
    {
        await Reach(status);
        var payment = await _desk.PaymentId(_lastOrder);

        await HappensOnce(Table[message].Message(_lastOrder, payment), Table[message].Outcomes[Array.IndexOf(Statuses, status)]);
    }

    private async Task Reach(string status)
    {
        await _desk.HandleAll(Placed(_lastOrder, status == PaymentStatus.Failed ? "CARD_DECLINED" : "CARD"), Reserved(_lastOrder));
        var charge = (ChargePayment)_desk.TakeWaiting()!;
        switch (status)
        {
            case "PENDING":
                return;
            case "PENDING, asked":
                await Unanswered(charge);
                break;
            case PaymentStatus.Unknown:
                await Unanswered(charge);
                _desk.Line.IsDown = true;
                await _desk.Handle(new ResolvePayment(charge.PaymentId, 1));
                _desk.Line.IsDown = false;
                break;
            default:
                await _desk.Handle(charge);
                break;
        }

        if (status is PaymentStatus.Refunding or PaymentStatus.Refunded)
        {
            await _desk.Handle(Cancelled(_lastOrder));
        }

        if (status is PaymentStatus.Refunded)
        {
            await _desk.HandleWaiting();
        }

        Assert.That(await _desk.Status(_lastOrder), Is.EqualTo(status.Split(',')[0]), "as it begins");
    }

    /// <summary>The provider takes the money, and its answer is lost.</summary>
    private async Task Unanswered(ChargePayment charge)
    {
        _desk.Line.LosesAnswers = true;
        await _desk.Handle(charge);
        _desk.Line.LosesAnswers = false;
    }

    private async Task HappensOnce(object message, string outcome)
    {
        var before = await Status();
        if (outcome == Never)
        {
            await Assert.ThatAsync(() => _desk.Handle(message), Throws.InvalidOperationException);
            Assert.That(await Status(), Is.EqualTo(before));
            return;
        }

        var expected = outcome == Same ? before : outcome;
        Assert.That(await Outcome(message), Is.EqualTo(expected));

        // A cancellation that comes again may ask again; nothing else changes, and nobody hears of it again.
        var again = expected.Split(',')[0];
        Assert.That(await Outcome(message), Is.EqualTo(again).Or.EqualTo($"{again}, {nameof(ResolvePayment)}"), "the second time");
    }

    private async Task<string> Outcome(object message)
    {
        var (published, sent) = (_desk.Published(_lastOrder).Count, _desk.Waiting.Count);
        await _desk.Handle(message);
        return string.Join(
            ", ", _desk.Published(_lastOrder).Skip(published).Concat(_desk.Waiting.Skip(sent)).Select(news => news.GetType().Name).Prepend(await Status()));
    }

    private async Task<string> Status() => await _desk.Status(_lastOrder) ?? "none";
}
