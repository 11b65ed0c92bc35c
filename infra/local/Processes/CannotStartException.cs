namespace ShopSaga.Local.Processes;

/// <summary>
/// The machine or the arguments do not allow what was asked for. The message says what to do and is shown without a stack trace.
/// </summary>
internal sealed class CannotStartException(string message) : Exception(message);
