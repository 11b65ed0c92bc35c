namespace ShopSaga.Bus;

/// <summary>An impatient group did not get a lock within a second.</summary>
internal sealed class LockedException(Exception failure) : Exception(failure.Message, failure);
