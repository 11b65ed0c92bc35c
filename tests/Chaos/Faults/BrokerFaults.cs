using RabbitMQ.Client;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;
using ShopSaga.Local.Verifying;
using ShopSaga.Replaying;

namespace ShopSaga.Chaos.Faults;

/// <summary>The broker takes no messages, as it is short of memory or of disk.</summary>
internal sealed record BrokerAlarm(Machine Machine, bool OfMemory)
    : Fault($"alarm of {(OfMemory ? "memory" : "disk")}", LocalStack.RabbitMq)
{
    public override Task Begin(CancellationToken cancellationToken) => OfMemory
        ? Machine.ControlBroker(cancellationToken, "set_vm_memory_high_watermark", "absolute", "1MiB")
        : Machine.ControlBroker(cancellationToken, "set_disk_free_limit", "1000000GB");

    // What the launcher has configured.
    public override Task End(CancellationToken cancellationToken) => OfMemory
        ? Machine.ControlBroker(cancellationToken, "set_vm_memory_high_watermark", "absolute", "512MiB")
        : Machine.ControlBroker(cancellationToken, "set_disk_free_limit", "100MB");
}

/// <summary>
/// An operator deletes a queue. Its messages are gone, which nothing survives, so it has none; nor does an event find a way to it until its
/// service has declared it again, so no client orders until then.
/// </summary>
internal sealed record QueueDeleted(Machine Machine, string Queue) : Fault("delete queue", Queue)
{
    public override bool NeedsIdleSystem => true;

    public override async Task Begin(CancellationToken cancellationToken)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Machine.Broker) }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueueDeleteAsync(Queue, ifUnused: false, ifEmpty: false, cancellationToken: cancellationToken);
        if (Queue != ErrorQueue.DefaultName)
        {
            await using var queues = await BrokerQueues.Connect(Machine.Broker, cancellationToken);
            await Eventually.Is(
                async () => await queues.Find(Queue, cancellationToken) is { Consumers: > 0 }, $"{Queue} is there again");
        }
    }

    public override Task End(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// An operator deletes an exchange, and provisions the broker again. What is published until every subscriber is bound again reaches only
/// those that are, so no client orders until then.
/// </summary>
internal sealed record ExchangeDeleted(Machine Machine, string Exchange) : Fault("delete exchange", Exchange)
{
    public override bool NeedsIdleSystem => true;

    public override async Task Begin(CancellationToken cancellationToken)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Machine.Broker) }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeleteAsync(Exchange, cancellationToken: cancellationToken);
        await BrokerTopology.Create(Machine.Broker, cancellationToken);
    }

    public override Task End(CancellationToken cancellationToken) => Task.CompletedTask;
}
