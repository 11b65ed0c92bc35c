using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>What a transport knows of its endpoint.</summary>
/// <param name="EndpointName">Its name, shown by the broker's tools.</param>
/// <param name="Receiving">What it receives.</param>
/// <param name="Health">Learns of lost and recovered connections.</param>
/// <param name="CriticalError">Called when the broker stays away for long.</param>
/// <param name="WaitUntilSent">Completes when everything committed has left; a broker of a test waits for it.</param>
/// <param name="AtCrashPoint">Set by tests that end processing at a crash point.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Makes loggers.</param>
internal sealed record TransportContext(
    string EndpointName,
    ReceiveSettings Receiving,
    EndpointHealth Health,
    Action<string, Exception> CriticalError,
    Func<Task> WaitUntilSent,
    AtCrashPoint? AtCrashPoint,
    TimeProvider Time,
    ILoggerFactory Loggers);

/// <summary>What an endpoint receives, and how much of it at once.</summary>
internal sealed record ReceiveSettings(
    string Queue,
    string ErrorQueue,
    string? AuditQueue,
    IReadOnlyList<Type> Events,
    bool RunInstallers,
    int Concurrency,
    int GroupSize,
    int ConcurrencyAlone,
    string ConsumerTag);
