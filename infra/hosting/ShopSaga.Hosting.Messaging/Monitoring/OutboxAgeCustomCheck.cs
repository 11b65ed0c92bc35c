using System.Globalization;
using Npgsql;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>No outbox record waits longer than it should: messages leave right after the commit unless the broker is unavailable.</summary>
internal sealed class OutboxAgeCustomCheck(
    NpgsqlDataSource database, MonitoredEndpoint endpoint, ReportingSettings settings, TimeProvider time)
    : CustomCheck("Outbox is dispatched", "Messaging", settings.CheckEvery)
{
    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        // Records have no timestamp, so take that of the last message. Index: the partial one of undispatched records.
        var table = $"\"{endpoint.Name.Replace('.', '_')}_OutboxData\"";
        await using var command = database.CreateCommand(
            $"""
             SELECT min("Operations"->-1->'Headers'->>'NServiceBus.TimeSent')
               FROM (SELECT "Operations" FROM {table} WHERE NOT "Dispatched" LIMIT 1000) waiting
             """);
        if (await command.ExecuteScalarAsync(cancellationToken) is not string oldest)
        {
            return CheckResult.Pass;
        }

        var age = time.GetUtcNow() - DateTimeOffset.ParseExact(
            oldest, WireTime.Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return age <= settings.OldestOutboxRecord
            ? CheckResult.Pass
            : CheckResult.Failed($"Messages sent at {oldest} have not left the outbox of {endpoint.Name}, {age.TotalSeconds:0} s later.");
    }
}
