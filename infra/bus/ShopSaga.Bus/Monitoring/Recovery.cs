namespace ShopSaga.Bus;

/// <summary>The decisions of recoverability. They are here because it uses this folder, to count them, and not the reverse.</summary>
internal enum Recovery
{
    ImmediateRetry,
    DelayedRetry,
    Error,
}
