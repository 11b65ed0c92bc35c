namespace ShopSaga.Bus;

/// <summary>Makes the copies of processed messages for the audit queue.</summary>
internal sealed class AuditCopies(string queue, TimeSpan? timeToBeReceived, string endpointName, HostIdentity host)
{
    public OutgoingOperation CopyOf(IncomingMessage message, List<SagaChange> sagaChanges, DateTimeOffset started, DateTimeOffset ended)
    {
        var headers = new Dictionary<string, string>(message.Headers)
        {
            ["NServiceBus.ProcessingStarted"] = WireTime.ToWire(started),
            ["NServiceBus.ProcessingEnded"] = WireTime.ToWire(ended),
            [Headers.ProcessingEndpoint] = endpointName,
            [Headers.ProcessingMachine] = host.MachineName,
            [Headers.HostId] = host.HostIdText,
            [Headers.HostDisplayName] = host.DisplayName,
        };
        if (RetryAcknowledgement.IsDue(message))
        {
            headers["ServiceControl.Retry.AcknowledgementSent"] = "true";
        }

        if (sagaChanges.Count > 0)
        {
            headers["NServiceBus.InvokedSagas"] = string.Join(
                ';', sagaChanges.Select(change => $"{change.SagaType.FullName}:{change.SagaId}"));
            headers["ServiceControl.SagaStateChange"] = string.Join(';', sagaChanges.Select(change => $"{change.SagaId}:{change.Kind}"));
        }

        return new OutgoingOperation
        {
            MessageId = message.MessageId,
            Body = message.Body,
            Destination = queue,
            TimeToBeReceived = timeToBeReceived,
            Headers = headers,
        };
    }
}
