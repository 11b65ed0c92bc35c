using ShopSaga.Contracts.Payments;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Settlement.Entering;

namespace ShopSaga.Settlement;

/// <summary>All handlers of Settlement, and the keys that order the messages of a group.</summary>
internal static class MessageHandlers
{
    public static void AddHandlers(this EndpointConfiguration endpoint, IConfiguration configuration)
    {
        endpoint.AddHandler<EnterCaptureHandler>();
        endpoint.AddHandler<EnterRefundHandler>();
        endpoint.HandleInGroups(configuration, TimeOf);
    }

    /// <summary>
    /// When the money was captured or refunded. A time is the key for its order alone: groups enter their messages from the earliest on, so
    /// two groups lock the totals of several days in the same order. The lock on a time itself protects nothing.
    /// </summary>
    private static long? TimeOf(object message) => message switch
    {
        PaymentCompleted completed => completed.CompletedAt.UtcTicks,
        PaymentRefunded refunded => refunded.RefundedAt.UtcTicks,
        _ => null,
    };
}
