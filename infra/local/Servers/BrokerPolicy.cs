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

    /// <summary>As the management API and definition files want it.</summary>
    public static readonly Dictionary<string, object> Body = new()
    {
        ["pattern"] = @"^(ShopSaga\..+|error|audit|Particular\..+|nsb\..+)$",
        ["apply-to"] = "queues",
        ["priority"] = 10,
        ["definition"] = new Dictionary<string, object> { ["delivery-limit"] = int.MaxValue },
    };
}
