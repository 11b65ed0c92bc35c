using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace ShopSaga.Hosting;

/// <summary>
/// Every setting of every program, as docs/configuration.md describes them. A setting in one of their sections that is none of them is a
/// slip, which would otherwise leave the default in force unnoticed.
/// </summary>
internal static class KnownSettings
{
    private const string FileSuffix = "_FILE";

    public static readonly string[] All =
    [
        "Admin:Email", "Admin:Password",
        "Auth:Audience", "Auth:Issuer", "Auth:JwksAddress",
        "Broker:Management",
        "Business:TimeZone",
        "ConnectionStrings:Broker", "ConnectionStrings:Database", "ConnectionStrings:Redis", "ConnectionStrings:Schema",
        "Connections:Most",
        "Cors:Origins",
        "Database:IdleInTransactionTimeout", "Database:LockTimeout", "Database:PreparedStatements", "Database:StatementTimeout",
        "Gateway:Address", "Gateway:Key",
        "Internal:Key",
        "Laboratory:Address", "Laboratory:AdminEmail", "Laboratory:AdminPassword", "Laboratory:Key",
        "Messaging:Concurrency", "Messaging:DelayedRetries", "Messaging:DelayedRetryIncrease", "Messaging:GroupSize",
        "Messaging:ImmediateRetries", "Messaging:InstanceName", "Messaging:ReconnectAfter",
        "Orders:Expiry", "Orders:MaxOpen", "Orders:MaxTimeToFinal", "Orders:OverdueAfter", "Orders:StreamsPerUser",
        "Payments:Address", "Payments:Key",
        "Provider:Address", "Provider:ApiKey", "Provider:Timeout", "Provider:WebhookSecret",
        "Proxies:Trusted",
        "RateLimits:Account", "RateLimits:Address", "RateLimits:Passwords", "RateLimits:User",
        "Schema:Apply",
        "ServiceControl:Audit", "ServiceControl:CheckEvery", "ServiceControl:Checks", "ServiceControl:ErrorQueueReporter",
        "ServiceControl:HeartbeatEvery", "ServiceControl:Heartbeats", "ServiceControl:Metrics", "ServiceControl:MetricsEvery",
        "ServiceControl:MostFailedMessages", "ServiceControl:OldestOutboxRecord", "ServiceControl:SagaAudit",
        "ServicePulse:Address",
        "Services:Gateway", "Services:Operations", "Services:Orders", "Services:Payments", "Services:Products", "Services:Psp",
        "Services:Settlement", "Services:Users", "Services:Web",
        "Sessions:Key",
        "Settlement:CheckEvery", "Settlement:CloseAfter", "Settlement:CompareAgainAfter", "Settlement:FirstDay",
        "Shutdown:Delay",
        "Signing:EncryptionKey", "Signing:RotateEvery",
        "Timeouts:Service",
        "Tracing:LinkCallers",
        "Web:Key",
        "Webhooks:Address", "Webhooks:Delay", "Webhooks:Secret",
    ];

    private static readonly HashSet<string> Sections = [.. All.Select(SectionOf)];

    /// <exception cref="InvalidOperationException">A setting in one of our sections is unknown; the message names the nearest.</exception>
    public static void RefuseUnknownSettings(this WebApplicationBuilder builder)
    {
        foreach (var (key, value) in builder.Configuration.AsEnumerable())
        {
            var name = key.EndsWith(FileSuffix, StringComparison.Ordinal) ? key[..^FileSuffix.Length] : key;
            if (value is not null && Sections.Contains(SectionOf(name)) && name.Contains(':', StringComparison.Ordinal)
                && !All.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException(
                    $"Configuration '{name}' is unknown. Did you mean {Settings.Variable(All.MinBy(known => Distance(known, name))!)}? "
                    + "docs/configuration.md lists all settings.");
            }
        }
    }

    private static string SectionOf(string key) => key.Split(':')[0];

    /// <summary>The Levenshtein distance: how many characters have to be added, removed or replaced.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
