namespace ShopSaga.Local.Processes;

/// <summary>
/// The command cannot run on this machine or with these arguments. The message says what to do and is shown without a stack trace.
/// </summary>
internal sealed class CannotStartException(string message) : Exception(message);
