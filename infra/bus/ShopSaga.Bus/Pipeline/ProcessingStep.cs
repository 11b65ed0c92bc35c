namespace ShopSaga.Bus;

/// <summary>The places between which a process may die. At each, tests let it.</summary>
internal enum ProcessingStep
{
    /// <summary>A message was received; nothing was done.</summary>
    BeforeTransaction,

    /// <summary>The message's handlers have run, in an open transaction.</summary>
    Handled,

    /// <summary>All messages of the transaction are handled; record and commit are about to be sent to the database.</summary>
    BeforeCommit,

    /// <summary>The transaction is committed; nothing has left.</summary>
    Committed,

    /// <summary>One of several messages has left.</summary>
    Dispatching,

    /// <summary>All messages have left; the record is not marked as dispatched.</summary>
    Dispatched,

    /// <summary>Everything is done but the acknowledgement.</summary>
    BeforeAcknowledge,
}

/// <summary>Called at a step with the id of the message or session; what it throws ends the processing there.</summary>
internal delegate Task AtStep(ProcessingStep step, string id);
