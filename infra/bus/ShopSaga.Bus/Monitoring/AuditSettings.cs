namespace ShopSaga.Bus;

/// <summary>Makes the copies of processed messages that go to the audit queue.</summary>
internal sealed class AuditSettings(string queue, string endpointName, HostIdentity host)
{
    public OutgoingOperation CopyOf(IncomingMessage message, DateTimeOffset started, DateTimeOffset ended) => new()
    {
        MessageId = message.MessageId,
        Body = message.Body,
        Destination = queue,
        Headers = new Dictionary<string, string>(message.Headers)
        {
            ["NServiceBus.ProcessingStarted"] = WireTime.ToWire(started),
            ["NServiceBus.ProcessingEnded"] = WireTime.ToWire(ended),
            [Headers.ProcessingEndpoint] = endpointName,
            [Headers.ProcessingMachine] = host.MachineName,
            [Headers.HostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        },
    };
}
