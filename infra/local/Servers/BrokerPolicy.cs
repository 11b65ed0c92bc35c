using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>
/// RabbitMQ 4 drops a message of a quorum queue after its 20th delivery unless a policy says otherwise. A service that is killed, or loses
/// its connection, that often while it holds a message must not lose it: how often a message is tried is the endpoint's to decide.
/// </summary>
/// <remarks>
/// A queue has one policy, the one of the highest priority. RabbitMQ 4 takes -1 for "no limit", which 3.13 refuses; both take a large
/// number. https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
/// </remarks>
internal static class BrokerPolicy
{
    public const string Name = "shopsaga";

    /// <summary>
    /// The default of RabbitMQ 4. The embedded bus puts a copy in a message's place after ten deliveries, and NServiceBus tries a message
    /// six times in a row.
    /// </summary>
    private const int MinDeliveryLimit = 20;

    private const string Pattern = @"^(ShopSaga\..+|error|audit|Particular\..+|nsb\..+)$";
    private const string DeliveryLimit = "delivery-limit";

    /// <summary>As the management API and definition files want it.</summary>
    public static readonly Dictionary<string, object> Body = new()
    {
        ["pattern"] = Pattern,
        ["apply-to"] = "queues",
        ["priority"] = 10,
        ["definition"] = new Dictionary<string, object> { [DeliveryLimit] = int.MaxValue },
    };

    /// <summary>
    /// Looks at what is in force: another policy may have a higher priority, an operator policy overrides all, and an argument of a queue
    /// counts as well.
    /// </summary>
    /// <exception cref="CannotStartException">A queue has too low a limit.</exception>
    public static async Task Check(HttpClient http, string virtualHost, CancellationToken cancellationToken)
    {
        const string columns = "name,policy,operator_policy,arguments,effective_policy_definition";
        var queues = JsonNode.Parse(await http.GetStringAsync($"api/queues/{virtualHost}?columns={columns}", cancellationToken));
        foreach (var queue in queues!.AsArray().Where(queue => Regex.IsMatch($"{queue!["name"]}", Pattern)))
        {
            var limits = new[] { queue!["effective_policy_definition"], queue["arguments"] }
                .Select(source => source as JsonObject)
                .Select(source => source?[DeliveryLimit] ?? source?[$"x-{DeliveryLimit}"])
                .Select(limit => limit?.GetValue<long>() ?? -1);
            if (limits.Where(limit => limit >= 0).DefaultIfEmpty(long.MaxValue).Min() is < MinDeliveryLimit and var least)
            {
                throw new CannotStartException(
                    $"RabbitMQ drops a message from the queue {queue["name"]} after {least} deliveries (policy {queue["policy"]}, operator "
                        + $"policy {queue["operator_policy"]}): raise its delivery-limit to {MinDeliveryLimit} or more.");
            }
        }
    }
}
