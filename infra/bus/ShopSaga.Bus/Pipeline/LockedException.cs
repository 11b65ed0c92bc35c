namespace ShopSaga.Bus;

/// <summary>
/// An impatient group waited too long: for a lock, or for a statement. Its message goes to a patient worker.
/// </summary>
internal sealed class LockedException(Exception failure) : Exception(failure.Message, failure);
