using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>Runs each custom check at start and then repeatedly, and reports each result; logs only changes.</summary>
internal sealed class CustomChecks(
    CheckSettings settings,
    IReadOnlyList<Type> checkTypes,
    ServiceControlQueue queue,
    string endpointName,
    HostIdentity host,
    IServiceScopeFactory scopes,
    TimeProvider time,
    ILogger logger)
{
    private const string ResultType = "ServiceControl.Plugin.CustomChecks.Messages.ReportCustomCheckResult";

    public Task Run(CancellationToken cancellationToken) => Task.WhenAll(checkTypes.Select(type => Run(type, cancellationToken)));

    private async Task Run(Type checkType, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var check = (CustomCheck)ActivatorUtilities.CreateInstance(scope.ServiceProvider, checkType);
        var hadFailed = false;
        while (true)
        {
            var result = await Perform(check, cancellationToken);
            if (result.HasFailed && !hadFailed)
            {
                logger.LogWarning(LogEvents.CheckFailed, "Check {Check} failed: {Reason}", check.Id, result.FailureReason);
            }
            else if (hadFailed && !result.HasFailed)
            {
                logger.LogInformation(LogEvents.CheckPassed, "Check {Check} passes again", check.Id);
            }

            hadFailed = result.HasFailed;
            await Report(check, result, cancellationToken);
            if (check.Interval is not { } interval)
            {
                return;
            }

            await Task.Delay(interval, time, cancellationToken);
        }
    }

    private static async Task<CheckResult> Perform(CustomCheck check, CancellationToken cancellationToken)
    {
        try
        {
            return await check.PerformCheck(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return CheckResult.Failed(failure.Message);
        }
    }

    private Task<bool> Report(CustomCheck check, CheckResult result, CancellationToken cancellationToken) => queue.Send(
        ResultType,
        new ReportCustomCheckResult(
            host.HostId,
            check.Id,
            check.Category,
            result.HasFailed,
            result.FailureReason,
            time.GetUtcNow().UtcDateTime,
            endpointName,
            host.DisplayName),
        check.Interval is { } interval ? settings.TimeToLive ?? interval * 4 : null,
        cancellationToken);

    private sealed record ReportCustomCheckResult(
        Guid HostId,
        string CustomCheckId,
        string Category,
        bool HasFailed,
        string? FailureReason,
        DateTime ReportedAt,
        string EndpointName,
        string Host);
}
