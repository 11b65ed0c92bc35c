using ShopSaga.Payments;

namespace ShopSaga.Tests.Unit.Payments;

internal sealed class PaymentStatusTests
{
    private static readonly Dictionary<(string From, PaymentStep Step), string> Allowed = new()
    {
        [("PENDING", PaymentStep.Charged)] = "COMPLETED",
        [("PENDING", PaymentStep.NotCharged)] = "FAILED",
        [("PENDING", PaymentStep.NoAnswer)] = "UNKNOWN",
        [("UNKNOWN", PaymentStep.Charged)] = "COMPLETED",
        [("UNKNOWN", PaymentStep.NotCharged)] = "FAILED",
        [("UNKNOWN", PaymentStep.NoAnswer)] = "UNKNOWN",
        [("COMPLETED", PaymentStep.GiveBack)] = "REFUNDING",
        [("REFUNDING", PaymentStep.GivenBack)] = "REFUNDED",
    };

    [Test]
    public void Should_take_each_step_that_is_allowed_and_refuse_every_other(
        [Values("PENDING", "UNKNOWN", "COMPLETED", "FAILED", "REFUNDING", "REFUNDED")] string from, [Values] PaymentStep step)
    {
        if (Allowed.TryGetValue((from, step), out var to))
        {
            Assert.That(from.After(step), Is.EqualTo(to));
        }
        else
        {
            Assert.That(() => from.After(step), Throws.InvalidOperationException.With.Message.Contains(from));
        }
    }
}
