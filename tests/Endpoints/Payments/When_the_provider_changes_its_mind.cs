using ShopSaga.Contracts.Payments;
using static ShopSaga.Tests.Endpoints.Payments.PaymentsHarness;

namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>A charge that succeeded is declined or reversed later, or the other way round: Payments ends where the money is.</summary>
internal sealed class When_the_provider_changes_its_mind
{
    private const string Decline =
        "UPDATE charges SET status = 'DECLINED', decline_reason = 'CHARGEBACK', charged_at = NULL WHERE idempotency_key = @key";

    private const string Capture =
        "UPDATE charges SET status = 'CHARGED', decline_reason = NULL, charged_at = now() WHERE idempotency_key = @key";

    private PaymentsHarness _harness = null!;
    private long _orderId;

    [OneTimeSetUp]
    public async Task Open() => _harness = await PaymentsHarness.Open();

    [OneTimeTearDown]
    public async Task Close() => await _harness.DisposeAsync();

    [SetUp]
    public void NextOrder() => _orderId++;

    [Test]
    public async Task Should_be_refunded_when_a_successful_charge_is_declined_after_all()
    {
        await Charge("CARD");
        await Change(Decline);
        var report = await _harness.ChargeReport(_orderId);

        await _harness.Handle(report);
        await _harness.Handle(report);
        await _harness.Handle(Cancelled(_orderId, "SHOP"));

        await AssertEnded(typeof(PaymentCompleted), typeof(PaymentRefunded));
    }

    [Test]
    public async Task Should_end_a_cancellation_whose_charge_is_gone_at_the_provider()
    {
        await Charge("CARD");
        await Change(Decline);

        await _harness.Handle(Cancelled(_orderId));
        await _harness.HandleWaiting();

        await AssertEnded(typeof(PaymentCompleted), typeof(PaymentRefunded));
    }

    [Test]
    public async Task Should_end_a_refund_whose_charge_is_declined_meanwhile()
    {
        await Charge("CARD");
        await _harness.Handle(Cancelled(_orderId));
        await Change(Decline);

        await _harness.Handle(await _harness.ChargeReport(_orderId));
        await _harness.HandleWaiting();

        await AssertEnded(typeof(PaymentCompleted), typeof(PaymentRefunded));
    }

    [Test]
    public async Task Should_refund_money_that_is_captured_after_the_payment_has_failed()
    {
        await Charge("CARD_DECLINED");
        await Change(Capture);

        await _harness.Handle(await _harness.ChargeReport(_orderId));
        Assert.That(await _harness.Status(_orderId), Is.EqualTo("REFUNDING"));
        await _harness.HandleWaiting();

        await AssertEnded(typeof(PaymentFailed), typeof(PaymentCompleted), typeof(PaymentRefunded));
        Assert.That(await _harness.RefundReport(_orderId), Is.Not.Null, "the provider has refunded it");
    }

    private async Task AssertEnded(params Type[] published)
    {
        Assert.That(await _harness.Status(_orderId), Is.EqualTo("REFUNDED"));
        Assert.That(_harness.Published(_orderId).Select(message => message.GetType()), Is.EqualTo(published));
        Assert.That(_harness.Waiting, Is.Empty);
    }

    private Task Change(string sql) => _harness.ChangeProvider(sql, new { key = $"order-{_orderId}" });

    private async Task Charge(string method)
    {
        await _harness.HandleAll(Placed(_orderId, method), Reserved(_orderId));
        await _harness.HandleWaiting();
    }
}
