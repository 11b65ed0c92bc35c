namespace ShopSaga.Bus;

/// <summary>
/// Ids that grow with time (RFC 9562, version 7), as text too: new rows go to the end of an index, so writing them costs the same however
/// large the table is (docs/decisions/009-ids-grow-with-time.md).
/// </summary>
internal static class TimeOrderedId
{
    public static Guid New(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow());
}
