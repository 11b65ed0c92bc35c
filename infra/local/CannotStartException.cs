namespace ShopSaga.Local;

/// <summary>The machine or the caller is in the way; the message says what to do and is all that is shown.</summary>
internal sealed class CannotStartException(string message) : Exception(message);
