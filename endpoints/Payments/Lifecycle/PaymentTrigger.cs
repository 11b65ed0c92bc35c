namespace ShopSaga.Payments.Lifecycle;

/// <summary>What can trigger a transition of a payment.</summary>
internal enum PaymentTrigger
{
    /// <summary>The order is placed and its stock is reserved: the payment begins.</summary>
    ChargeAllowed,

    /// <summary>The provider captured the money.</summary>
    ChargeSucceeded,

    /// <summary>The provider captured nothing for this payment and never will.</summary>
    ChargeFailed,

    /// <summary>The provider did not answer.</summary>
    ChargeUnanswered,

    /// <summary>The order is cancelled, or the shop cancels the payment.</summary>
    RefundRequested,

    /// <summary>The provider refunded the money, at our request or of its own accord.</summary>
    RefundSucceeded,

    /// <summary>The provider reversed a charge that had succeeded, or declined it after all.</summary>
    ChargeReversed,
}
