namespace ShopSaga.Bus;

/// <summary>
/// Tells ServiceControl that a message it retried was processed, so that the message shows as resolved there. Needs both retry headers: a
/// message that was edited before the retry has no unique id and resolves nothing.
/// </summary>
internal static class RetryAcknowledgement
{
    private const string Queue = "ServiceControl.Retry.AcknowledgementQueue";
    private const string UniqueId = "ServiceControl.Retry.UniqueMessageId";

    public static bool IsDue(IncomingMessage message) => message.Headers.ContainsKey(UniqueId) && message.Headers.ContainsKey(Queue);

    /// <summary>The acknowledgements that are due for processed messages.</summary>
    public static List<OutgoingOperation> Of(IReadOnlyList<IncomingMessage> processed, TimeProvider time)
    {
        List<OutgoingOperation> acknowledgements = [];
        foreach (var message in processed)
        {
            if (IsDue(message))
            {
                acknowledgements.Add(Of(message.Headers, WireTime.ToWire(time.GetUtcNow())));
            }
        }

        return acknowledgements;
    }

    private static OutgoingOperation Of(IReadOnlyDictionary<string, string> headers, string now) => new()
    {
        MessageId = Guid.NewGuid().ToString(),
        Body = default,
        Destination = headers[Queue],
        Headers = new Dictionary<string, string>
        {
            ["ServiceControl.Retry.Successful"] = now,
            [UniqueId] = headers[UniqueId],
            [Headers.ControlMessageHeader] = bool.TrueString,
            [Headers.NServiceBusVersion] = WireVersion.Core,
            [Headers.TimeSent] = now,
        },
    };
}
