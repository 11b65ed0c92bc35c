using System.Globalization;
using ShopSaga.Replaying;

namespace ShopSaga.Local.Verifying;

/// <summary>
/// Looks for failed messages where they are: in the error queue, or in ServiceControl, which empties that queue at once when it runs.
/// </summary>
internal static class FailedMessagesInvariant
{
    public const string Name = "no message has failed";

    /// <summary>Where ServiceControl puts failed messages that it cannot import, such as those without a message id.</summary>
    private const string ImportErrorQueue = "Particular.ServiceControl.Errors";

    /// <summary>Returns the invariant; <paramref name="serviceControl"/> is the address of ServiceControl's API, if known.</summary>
    public static async Task<Invariant> Check(BrokerQueues queues, Uri? serviceControl, CancellationToken cancellationToken)
    {
        var error = await queues.Find(ErrorQueue.DefaultName, cancellationToken);
        var notImported = (await queues.Find(ImportErrorQueue, cancellationToken))?.Messages ?? 0;
        var numbers = $"{error?.Messages ?? 0} in the error queue";
        var violations = new List<string>();
        if (error is { Messages: > 0 })
        {
            violations.Add(
                $"{error.Messages} messages are in the error queue: list them with the target Replay --list, return them with Replay");
        }

        if (notImported > 0)
        {
            violations.Add($"{notImported} messages are in {ImportErrorQueue}: ServiceControl could not import them");
        }

        if (serviceControl is not null)
        {
            var (unresolved, problem) = await Unresolved(serviceControl, cancellationToken);
            numbers += $", {unresolved?.ToString(CultureInfo.InvariantCulture) ?? "unknown"} in ServiceControl";
            if (problem is not null)
            {
                violations.Add(problem);
            }
            else if (unresolved > 0)
            {
                violations.Add($"{unresolved} messages are unresolved in ServiceControl: retry or archive them in ServicePulse");
            }
        }
        else if (error is { Consumers: > 0 })
        {
            violations.Add($"{error.Consumers} consumers read the error queue, so failed messages are elsewhere: give the address of "
                + "ServiceControl's API "
                + "in SHOPSAGA_SERVICECONTROL, such as http://localhost:33333/api/");
        }

        return new Invariant(Name, numbers, violations);
    }

    /// <summary>The number in the header Total-Count, which ServicePulse reads as well.</summary>
    private static async Task<(long? Count, string? Problem)> Unresolved(Uri serviceControl, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var address = new Uri($"{serviceControl.ToString().TrimEnd('/')}/errors?status=unresolved&per_page=1");
        try
        {
            using var answer = await http.GetAsync(address, cancellationToken);
            return answer.IsSuccessStatusCode
                && answer.Headers.TryGetValues("Total-Count", out var values)
                && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? (count, null)
                : (null, $"ServiceControl at {address} answered {(int)answer.StatusCode} without a Total-Count");
        }
        catch (Exception failed)
            when (failed is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (null, $"ServiceControl at {address} does not answer: {failed.Message}");
        }
    }
}
