using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>What the provider says no to, other than declining a charge.</summary>
internal static class Refusals
{
    public static IResult KeyReused(string key) => Problems.Problem(
        StatusCodes.Status422UnprocessableEntity,
        "idempotency-key-reused",
        "Idempotency key reused",
        $"The key '{key}' was used before with different content.");

    public static IResult NothingToRefund(long chargeId) =>
        Problems.Conflict("not-refundable", "Not refundable", $"Charge {chargeId} took no money.");

    public static IResult RefundTooHigh(long chargeId) =>
        Problems.Conflict("refund-too-high", "Refund too high", $"Charge {chargeId} has less than that left to refund.");
}
