using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>
/// One of ServiceControl's queues. Messages go there one at a time over a connection of their own: for a missing queue the broker closes
/// the channel, which must disturb no other message. They carry the given headers only. A message that cannot be sent is lost and logged
/// once; messages that follow within a pause are lost too, since every attempt at a missing queue costs a connection.
/// </summary>
internal sealed class ServiceControlQueue(
    string queue, string endpointName, Func<ITransport> connect, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ITransport? _transport;
    private long? _failedAt;

    /// <summary>
    /// Sends an object as ServiceControl's plug-ins do, from an endpoint that can be answered. Gives whether the broker has it.
    /// </summary>
    public Task<bool> Send<T>(string type, T body, TimeSpan? timeToLive, CancellationToken cancellationToken) =>
        Send(type, body, NewHeaders(), timeToLive, cancellationToken);

    /// <summary>Sends a message without content, to see whether the queue is there. Gives whether the broker has it.</summary>
    public Task<bool> Probe(CancellationToken cancellationToken)
    {
        var headers = NewHeaders();
        headers[Headers.ControlMessageHeader] = bool.TrueString;
        return Send(ReadOnlyMemory<byte>.Empty, headers, timeToLive: null, cancellationToken);
    }

    /// <summary>Sends an object as JSON, under the name of its type for ServiceControl. Gives whether the broker has it.</summary>
    public Task<bool> Send<T>(
        string type, T body, Dictionary<string, string> headers, TimeSpan? timeToLive, CancellationToken cancellationToken)
    {
        headers[Headers.EnclosedMessageTypes] = type;
        headers[Headers.ContentType] = "application/json";
        return Send(JsonSerializer.SerializeToUtf8Bytes(body), headers, timeToLive, cancellationToken);
    }

    /// <summary>Sends a body as it is. Gives whether the broker has it.</summary>
    public async Task<bool> Send(
        ReadOnlyMemory<byte> body, Dictionary<string, string> headers, TimeSpan? timeToLive, CancellationToken cancellationToken)
    {
        var operation = new OutgoingOperation
        {
            MessageId = Guid.NewGuid().ToString(),
            Headers = headers,
            Body = body,
            Destination = queue,
            TimeToBeReceived = timeToLive,
        };
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < PauseAfterFailure)
            {
                return false;
            }

            _transport ??= connect();
            await _transport.Dispatch([operation], cancellationToken);
            if (_failedAt is not null)
            {
                logger.LogInformation(LogEvents.MonitoringReported, "Monitoring reaches {Queue} again", queue);
            }

            _failedAt = null;
            return true;
        }
        catch (BrokerUnavailableException failure)
        {
            if (_failedAt is null)
            {
                logger.LogWarning(LogEvents.MonitoringNotReported, "Monitoring does not reach {Queue}: {Reason}", queue, failure.Message);
            }

            _failedAt = time.GetTimestamp();
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_transport?.DisposeAsync() ?? default);
        _turn.Dispose();
    }

    private Dictionary<string, string> NewHeaders() => new() { [Headers.MessageIntent] = "Send", [Headers.ReplyToAddress] = endpointName };
}
