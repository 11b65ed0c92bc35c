namespace ShopSaga.Bus;

/// <summary>The message or session on whose behalf something is sent, and the saga that sends it, if any.</summary>
internal readonly record struct Cause(IncomingMessage? Incoming, Saga? Saga);
