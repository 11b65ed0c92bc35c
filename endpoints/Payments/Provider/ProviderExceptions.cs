namespace ShopSaga.Payments.Provider;

/// <summary>The provider cannot be reached or cannot work now; the same request, with its idempotency key, may be made again.</summary>
/// <param name="asked">The request.</param>
/// <param name="cause">What happened to it.</param>
/// <param name="wasSent">Whether it may have reached the provider.</param>
internal sealed class ProviderUnavailableException(string asked, Exception cause, bool wasSent)
    : Exception($"The payment provider could not answer {asked}: {cause.Message}", cause)
{
    public bool WasSent => wasSent;
}

/// <summary>The provider does not accept the request; making it again would not help.</summary>
internal sealed class ProviderRefusedException(string asked, string answer)
    : Exception($"The payment provider refused {asked}: {answer}");

/// <summary>The provider was asked often and for long, and it is still not known whether it took the money.</summary>
internal sealed class ChargeUnknownException(Payment payment, int asks, ProviderUnavailableException cause) : Exception(
    $"Whether payment {payment.Id} of order {payment.OrderId} was taken could not be learnt by asking {asks} times. "
        + $"Replay this message when the provider answers again. The last time: {cause.Message}",
    cause);
