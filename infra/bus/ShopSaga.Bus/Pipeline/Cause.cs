namespace ShopSaga.Bus;

/// <summary>
/// Why something is sent: the message being handled, if any, and the saga that handles it, if any. Both are null in a session.
/// </summary>
internal readonly record struct Cause(IncomingMessage? Incoming, Saga? Saga);
