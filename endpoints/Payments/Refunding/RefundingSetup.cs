namespace ShopSaga.Payments.Refunding;

internal static class RefundingSetup
{
    public static void AddRefunding(this EndpointConfiguration endpoint) => endpoint.AddHandler<RefundHandler>();
}
