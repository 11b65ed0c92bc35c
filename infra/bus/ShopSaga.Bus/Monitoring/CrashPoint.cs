namespace ShopSaga.Bus;

/// <summary>A place in the processing of a message at which a test ends it as if the process died.</summary>
internal enum CrashPoint
{
    /// <summary>A message was received; nothing was done.</summary>
    BeforeTransaction,

    /// <summary>The message's handlers have run, in an open transaction.</summary>
    Handled,

    /// <summary>All messages of the transaction are handled; record and commit are about to be sent to the database.</summary>
    BeforeCommit,

    /// <summary>The transaction is committed; nothing has left.</summary>
    Committed,

    /// <summary>One of several messages has left; the others are in flight.</summary>
    Dispatching,

    /// <summary>All messages have left; the record is not marked as dispatched.</summary>
    Dispatched,

    /// <summary>Everything is done but the acknowledgement.</summary>
    BeforeAcknowledge,
}

/// <summary>Called at a crash point with the id of the message or session. An exception ends the processing there.</summary>
internal delegate Task AtCrashPoint(CrashPoint point, string id);
