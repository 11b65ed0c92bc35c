using System.Globalization;
using Npgsql;

namespace ShopSaga.Hosting.Monitoring;

/// <summary>Nothing waits in the outbox for longer than it should: what is committed leaves at once, unless the broker is away.</summary>
internal sealed class OutboxAgeCustomCheck(NpgsqlDataSource database, MonitoredEndpoint endpoint, ServiceControl settings, TimeProvider time)
    : CustomCheck("outbox is dispatched", "Messaging", settings.CheckEvery)
{
    private const string WireTime = "yyyy-MM-dd HH:mm:ss:ffffff 'Z'";

    public override async Task<CheckResult> PerformCheck(CancellationToken cancellationToken = default)
    {
        // A record has no time of its own, but the message that was added last does. Index: the records that are not dispatched.
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

        var age = time.GetUtcNow() - DateTimeOffset.ParseExact(oldest, WireTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return age <= settings.OldestOutboxRecord
            ? CheckResult.Pass
            : CheckResult.Failed($"Messages sent at {oldest} have not left the outbox of {endpoint.Name}, {age.TotalSeconds:0} s later.");
    }
}
