using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// What a service does with its database before it serves. The database can go away between any two of these steps, as a deployment often
/// restarts it beside its services: the step is repeated, instead of ending the process with an unhandled exception.
/// </summary>
public static class DatabaseAtStart
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs <paramref name="step"/>, again every second while the database is unavailable. A failure that waiting does not mend ends the
    /// start.
    /// </summary>
    /// <param name="step">Safe to repeat, wherever it broke off.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told the reason of each attempt that failed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task WhenAvailable(
        Func<CancellationToken, Task> step, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await step(cancellationToken);
                return;
            }
            catch (Exception failure) when (IsTemporary(failure))
            {
                logger.LogWarning(
                    LogEvents.WaitingForDatabase,
                    "Waiting for the database, attempt {Attempt}: {Reason}",
                    attempt,
                    failure.Message);
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }

    /// <summary>Whether the step is repeated. The bus decides in the same way (Database.IsTemporary).</summary>
    internal static bool IsTemporary(Exception failure) => failure is NpgsqlException { IsTransient: true }
        || DatabaseFailure.IsTimeout(failure)
        || DatabaseFailure.LostProtocol(failure)
        || (failure is PostgresException refusal && DatabaseFailure.IsUnavailable(refusal));
}
