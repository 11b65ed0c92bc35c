using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Events that the broker returned because no queue took them: the subscriber has not been deployed yet, or its bindings were deleted.
/// <code>
///   returned ─► held; every few seconds the oldest of each type is published again, and the others of its type when a queue takes it
///            ─► after two minutes the type counts as without a subscriber, and its events are dropped from then on;
///               the log names those whose type a queue took before: they are lost
/// </code>
/// </summary>
internal sealed class ReturnedEvents(
    Func<OutgoingOperation, CancellationToken, Task> publish, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxHeld = 10_000;
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HoldFor = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<Type, bool> _taken = new();
    private readonly ConcurrentDictionary<Type, bool> _withoutSubscriber = new();
    private readonly ConcurrentDictionary<Type, bool> _returned = new();
    private readonly ConcurrentDictionary<string, (OutgoingOperation Event, long Since)> _held = new();
    private readonly CancellationTokenSource _stop = new();
    private int _running;

    public void Taken(OutgoingOperation operation)
    {
        var type = operation.EventType!;
        _taken.TryAdd(type, true);
        _withoutSubscriber.TryRemove(type, out _);
        if (!_held.IsEmpty && _held.TryRemove(operation.MessageId, out _))
        {
            _returned.TryRemove(type, out _);
            logger.LogInformation(LogEvents.EventTakenAgain, "A queue takes {Event} {MessageId} now", type.FullName, operation.MessageId);
        }
    }

    public void Returned(OutgoingOperation operation)
    {
        var type = operation.EventType!;
        BusMeters.EventReturned(type.FullName!);
        if (_returned.TryAdd(type, true))
        {
            logger.LogWarning(
                LogEvents.EventReturned, "No queue takes {Event}: it has no subscriber, or its bindings were deleted", type.FullName);
        }

        if (_withoutSubscriber.ContainsKey(type))
        {
            return;
        }

        if (_held.Count >= MaxHeld && !_held.ContainsKey(operation.MessageId))
        {
            LogIfLost(operation);
        }
        else if (_held.TryAdd(operation.MessageId, (operation, time.GetTimestamp())))
        {
            PublishAgainUnlessRunning();
        }
    }

    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        _stop.Cancel();
        foreach (var (_, (lost, _)) in _held)
        {
            LogIfLost(lost);
        }

        _stop.Dispose();
    }

    private void PublishAgainUnlessRunning()
    {
        if (Interlocked.Exchange(ref _running, 1) == 0)
        {
            _ = Task.Run(PublishAgain);
        }
    }

    private async Task PublishAgain()
    {
        try
        {
            while (!_held.IsEmpty)
            {
                await Task.Delay(TryEvery, time, _stop.Token);
                foreach (var type in _held.Values.GroupBy(held => held.Event.EventType!))
                {
                    await PublishAgain([.. type.OrderBy(held => held.Since)]);
                }
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ObjectDisposedException)
        {
            logger.LogDebug(LogEvents.Stopped, "Returned events are not published again");
            return;
        }
        finally
        {
            Interlocked.Exchange(ref _running, 0);
        }

        // One that was returned between the last look and here did not start a run of its own.
        if (!_held.IsEmpty)
        {
            PublishAgainUnlessRunning();
        }
    }

    private async Task PublishAgain(IReadOnlyList<(OutgoingOperation Event, long Since)> ofOneType)
    {
        foreach (var (held, since) in ofOneType)
        {
            if (!await TryPublish(held))
            {
                return;
            }

            if (!_held.ContainsKey(held.MessageId))
            {
                continue;
            }

            if (time.GetElapsedTime(since) <= HoldFor)
            {
                return;
            }

            _withoutSubscriber.TryAdd(held.EventType!, true);
            _held.TryRemove(held.MessageId, out _);
            LogIfLost(held);
        }
    }

    /// <summary>An event whose type no queue has ever taken is one that nothing subscribes to.</summary>
    private void LogIfLost(OutgoingOperation operation)
    {
        if (_taken.ContainsKey(operation.EventType!))
        {
            BusMeters.EventLost(operation.EventType!.FullName!);
            logger.LogError(
                LogEvents.EventLost, "No queue took {Event} {MessageId}", operation.EventType!.FullName, operation.MessageId);
        }
    }

    /// <summary>Whether the broker was there to take it or to return it.</summary>
    private async Task<bool> TryPublish(OutgoingOperation held)
    {
        try
        {
            await publish(held, _stop.Token);
            return true;
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            logger.LogWarning(
                LogEvents.BrokerUnavailable,
                "Returned event {MessageId} is published again later: {Reason}",
                held.MessageId,
                failure.Message);
            return false;
        }
    }
}
