using System.Net;
using ShopSaga.Payments.Lifecycle;

namespace ShopSaga.Payments.Provider;

/// <summary>The provider cannot be reached or cannot answer now; the same request may be sent again with its idempotency key.</summary>
/// <param name="request">The request.</param>
/// <param name="cause">Why there is no answer.</param>
/// <param name="mayHaveBeenSent">Whether the request may have reached the provider.</param>
internal sealed class ProviderUnavailableException(string request, Exception cause, bool mayHaveBeenSent)
    : Exception($"The payment provider could not be reached or did not answer {request}: {cause.Message}", cause)
{
    /// <summary>Whether the request may have reached the provider.</summary>
    public bool MayHaveBeenSent => mayHaveBeenSent;
}

/// <summary>The provider refused the request; sending it again would not help.</summary>
internal sealed class ProviderRefusedException(string request, HttpStatusCode status, string answer)
    : Exception($"The payment provider refused {request}: {(int)status} {answer}")
{
    /// <summary>
    /// Whether the request is valid but does not fit the state of the charge, such as a refund of money that is back already.
    /// </summary>
    public bool IsConflict => status == HttpStatusCode.Conflict;
}

/// <summary>The provider did not say in time whether it charged the payment.</summary>
internal sealed class ChargeUnknownException(Payment payment, int attempts, ProviderUnavailableException cause) : Exception(
    $"It is unknown whether payment {payment.Id} of order {payment.OrderId} was charged, after {attempts} attempts to find out. "
        + $"Replay this message when the provider answers again. The last failure: {cause.Message}",
    cause);
