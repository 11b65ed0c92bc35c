namespace ShopSaga.Payments.Provider;

/// <summary>The provider cannot be reached or cannot work now; the same request, with its idempotency key, may be made again.</summary>
internal sealed class ProviderUnavailableException(string asked, Exception cause)
    : Exception($"The payment provider could not answer {asked}: {cause.Message}", cause);

/// <summary>The provider does not accept the request; making it again would not help.</summary>
internal sealed class ProviderRefusedException(string asked, string answer)
    : Exception($"The payment provider refused {asked}: {answer}");
