namespace ShopSaga.Tests.Bus.Support;

/// <summary>Takes messages out of an endpoint's error queue.</summary>
internal static class ErrorQueue
{
    public static Task<Delivery> NextFailed(this TestEndpoint endpoint) => Broker.Take(endpoint.ErrorQueue);
}
