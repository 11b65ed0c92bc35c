using System.Text.Json.Nodes;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Verifying;

/// <summary>
/// Looks for delayed messages whose time has come and which no queue takes. The broker keeps them in the level that they left, where they
/// are no longer ready; so only the management API counts them, a few seconds late.
/// </summary>
internal static class UndeliverableMessages
{
    public const string Name = "every delayed message has a destination";

    /// <summary>Returns the invariant; <paramref name="management"/> is the address of the management API, if known.</summary>
    public static async Task<Invariant> Check(string? management, CancellationToken cancellationToken)
    {
        if (management is null)
        {
            return new Invariant(
                Name, "unknown", ["Give the address of the broker's management API in SHOPSAGA_RABBITMQ_MANAGEMENT."]);
        }

        using var http = ManagementApi.Client(management);
        var queues = JsonNode.Parse(
            await http.GetStringAsync("api/queues?columns=name,messages,messages_ready", cancellationToken))!.AsArray();
        var levels = queues.Select(queue => (Name: $"{queue!["name"]}", Count: Of(queue, "messages") - Of(queue, "messages_ready")))
            .Where(queue => queue.Name.StartsWith("nsb.v2.delay-level-", StringComparison.Ordinal) && queue.Count > 0)
            .ToList();
        return new Invariant(
            Name,
            $"{levels.Sum(level => level.Count)} without",
            [.. levels.Select(level => $"{level.Count} messages that left {level.Name} find no queue: see docs/operations.md")]);

        static long Of(JsonNode queue, string count) => queue[count]?.GetValue<long>() ?? 0;
    }
}
