namespace ShopSaga.Bus;

/// <summary>The decisions of recoverability.</summary>
internal enum Recovery
{
    ImmediateRetry,
    DelayedRetry,
    Error,
}
