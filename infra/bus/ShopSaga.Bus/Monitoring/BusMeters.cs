using System.Diagnostics.Metrics;

namespace ShopSaga.Bus;

/// <summary>Meters and instruments, by the names that NServiceBus uses.</summary>
internal static class BusMeters
{
    private static readonly Meter Incoming = new("NServiceBus.Core.Pipeline.Incoming", "0.2.0");
    private static readonly Meter Session = new("NServiceBus.TransactionalSession", "0.2.0");

    public static readonly Counter<long> Fetches = Incoming.CreateCounter<long>(
        "nservicebus.messaging.fetches", description: "Attempts to process a message.");

    public static readonly Counter<long> Successes = Incoming.CreateCounter<long>(
        "nservicebus.messaging.successes", description: "Messages processed.");

    public static readonly Counter<long> Failures = Incoming.CreateCounter<long>(
        "nservicebus.messaging.failures", description: "Attempts that failed.");

    public static readonly Histogram<double> HandlerTime = Incoming.CreateHistogram<double>(
        "nservicebus.messaging.handler_time", "s", "Time in one handler.");

    public static readonly Histogram<double> ProcessingTime = Incoming.CreateHistogram<double>(
        "nservicebus.messaging.processing_time", "s", "Time from the beginning of the processing to its end, dispatch included.");

    public static readonly Histogram<double> CriticalTime = Incoming.CreateHistogram<double>(
        "nservicebus.messaging.critical_time",
        "s",
        "Time from sending, or from when a delayed message was due, to the end of the processing.");

    public static readonly Counter<long> ImmediateRetries = Incoming.CreateCounter<long>(
        "nservicebus.recoverability.immediate", description: "Messages tried again at once.");

    public static readonly Counter<long> DelayedRetries = Incoming.CreateCounter<long>(
        "nservicebus.recoverability.delayed", description: "Messages tried again later.");

    public static readonly Counter<long> Errors = Incoming.CreateCounter<long>(
        "nservicebus.recoverability.error", description: "Messages moved to the error queue.");

    private static readonly Histogram<double> CommitDuration = Session.CreateHistogram<double>(
        "nservicebus.transactional_session.commit.duration", "s", "Time of a session's commit.");

    private static readonly Histogram<double> DispatchDuration = Session.CreateHistogram<double>(
        "nservicebus.transactional_session.dispatch.duration", "s", "Time to hand a session's messages to the broker.");

    private static readonly Meter Own = new("ShopSaga.Bus", "1.0.0");

    private static readonly Counter<long> EventsReturned = Own.CreateCounter<long>(
        "shopsaga.bus.events_returned", description: "Events that no queue took.");

    private static readonly Counter<long> EventsLost = Own.CreateCounter<long>(
        "shopsaga.bus.events_lost", description: "Events that no queue took within two minutes, although one took their type before.");

    /// <summary>Whether the measurements of receiving have a listener; all of its instruments are listened to together.</summary>
    public static bool Enabled => Fetches.Enabled || Successes.Enabled || ProcessingTime.Enabled;

    public static void EventReturned(string type) => EventsReturned.Add(
        1, new KeyValuePair<string, object?>("nservicebus.message_type", type));

    public static void EventLost(string type) => EventsLost.Add(
        1, new KeyValuePair<string, object?>("nservicebus.message_type", type));

    public static void Committed(string endpoint, string outcome, TimeSpan duration) => CommitDuration.Record(
        duration.TotalSeconds,
        new("nservicebus.endpoint", endpoint),
        new("nservicebus.transactional_session.commit.outcome", outcome),
        new("nservicebus.transactional_session.mode", "outbox"));

    public static void Dispatched(string endpoint, TimeSpan duration) =>
        DispatchDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("nservicebus.endpoint", endpoint));
}
