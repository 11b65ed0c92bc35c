using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>Refusals other than a declined charge.</summary>
internal static class Refusals
{
    public static IResult KeyReused(string key) => Problems.Problem(
        StatusCodes.Status422UnprocessableEntity,
        "idempotency-key-reused",
        "Idempotency key reused",
        $"The key '{key}' was used before with different content.");

    public static IResult NothingToRefund(long chargeId) =>
        Problems.Conflict("not-refundable", "Not refundable", $"Charge {chargeId} captured no money.");

    public static IResult RefundTooHigh(long chargeId) =>
        Problems.Conflict("refund-too-high", "Refund too high", $"Charge {chargeId} has less than that left to refund.");
}
