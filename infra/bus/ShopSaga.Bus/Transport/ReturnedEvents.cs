using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Events that the broker returned since no queue took them.
/// <code>
///   never taken by a queue            ─► no subscriber: logged once, and counted
/// taken before, and now returned    ─► bindings were deleted: held, and published again every few seconds until subscribers, which assert
/// their                                        bindings regularly, take it; after two minutes there is no subscriber, and the log names
/// the lost event
/// </code>
/// </summary>
internal sealed class ReturnedEvents(
    Func<OutgoingOperation, CancellationToken, Task> publish, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxHeld = 10_000;
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<Type, bool> _taken = new();
    private readonly ConcurrentDictionary<Type, bool> _returned = new();
    private readonly ConcurrentDictionary<string, (OutgoingOperation Event, long Since)> _held = new();
    private readonly CancellationTokenSource _stop = new();
    private int _running;

    public void Taken(OutgoingOperation operation)
    {
        _taken.TryAdd(operation.EventType!, true);
        if (!_held.IsEmpty && _held.TryRemove(operation.MessageId, out _))
        {
            _returned.TryRemove(operation.EventType!, out _);
            logger.LogInformation(
                BusEvents.EventTakenAgain, "A queue takes {Event} {MessageId} now", operation.EventType!.FullName, operation.MessageId);
        }
    }

    public void Returned(OutgoingOperation operation)
    {
        var type = operation.EventType!;
        BusMeters.EventReturned(type.FullName!);
        if (_returned.TryAdd(type, true))
        {
            logger.LogWarning(
                BusEvents.EventReturned, "No queue takes {Event}: it has no subscriber, or its bindings were deleted", type.FullName);
        }

        if (_taken.ContainsKey(type) && _held.Count < MaxHeld && _held.TryAdd(operation.MessageId, (operation, time.GetTimestamp()))
            && Interlocked.Exchange(ref _running, 1) == 0)
        {
            _ = Task.Run(PublishAgain);
        }
    }

    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _stop.Cancel();
        foreach (var (messageId, (lost, _)) in _held)
        {
            logger.LogError(
                BusEvents.EventLost, "No queue took {Event} {MessageId} before the endpoint stopped", lost.EventType!.FullName, messageId);
        }

        _stop.Dispose();
    }

    private async Task PublishAgain()
    {
        try
        {
            while (!_held.IsEmpty)
            {
                await Task.Delay(TryEvery, time, _stop.Token);
                foreach (var (messageId, (held, since)) in _held)
                {
                    if (time.GetElapsedTime(since) > Patience)
                    {
                        _held.TryRemove(messageId, out _);
                        _taken.TryRemove(held.EventType!, out _);
                        logger.LogError(
                            BusEvents.EventLost,
                            "No queue took {Event} {MessageId} within {Patience}",
                            held.EventType!.FullName,
                            messageId,
                            Patience);
                    }
                    else
                    {
                        await TryPublish(held);
                    }
                }
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            logger.LogDebug(BusEvents.Stopped, "Returned events are not published again");
        }
        finally
        {
            Interlocked.Exchange(ref _running, 0);
        }
    }

    private async Task TryPublish(OutgoingOperation held)
    {
        try
        {
            await publish(held, _stop.Token);
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            logger.LogWarning(
                BusEvents.BrokerUnavailable,
                "Returned event {MessageId} is published again later: {Reason}",
                held.MessageId,
                failure.Message);
        }
    }
}
