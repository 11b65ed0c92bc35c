using System.Text.Json;
using Dapper;
using RabbitMQ.Client;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;
using Command = System.CommandLine.Command;

namespace ShopSaga.Local.Commands;

/// <summary>
/// Sends Settlement the events that its ledger lacks, after its database was restored from a backup. They follow from the rows of
/// Payments; an entry that exists already stays as it is.
/// </summary>
internal static class RebuildLedgerCommand
{
    private const string Types = "ShopSaga.Contracts.Payments.";

    public static Command Describe()
    {
        var command = new Command("rebuild-ledger", "Enter captures and refunds of Payments that the ledger of Settlement lacks.");
        var stackArguments = new StackArguments(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = stackArguments.Read(arguments, withServices: true, Console.WriteLine);
            var running = options.Servers is { PostgreSql: { } postgreSql, RabbitMq: { } rabbitMq }
                ? new RunningStack(postgreSql, rabbitMq, options.Servers.RabbitMqManagement)
                : (options.BasePort is { } basePort ? RunningStack.At(basePort) : null)
                    ?? throw new CannotStartException("No shop is running here: start it first.");
            var sent = await Rebuild(running.PostgreSql, running.RabbitMq, cancellationToken);
            Console.WriteLine($"{sent} captures and refunds were sent to Settlement.");
        });
        return command;
    }

    /// <summary>Returns the number of events that were sent; Settlement handles them afterwards.</summary>
    internal static async Task<int> Rebuild(string postgreSql, string rabbitMq, CancellationToken cancellationToken)
    {
        await using var payments = await SystemState.Open(postgreSql, "Payments", cancellationToken);
        await using var settlement = await SystemState.Open(postgreSql, "Settlement", cancellationToken);

        // Payments first: what is captured between the two reads has its own event in flight.
        var captures = (await payments.QueryAsync<Capture>(
            """
            SELECT order_id AS OrderId, id AS PaymentId, user_id AS UserId, amount AS Amount, payment_method AS PaymentMethod,
                completed_at AS CompletedAt
            FROM payments WHERE completed_at IS NOT NULL
            """)).ToList();
        var refunds = (await payments.QueryAsync<Refund>(
            """
            SELECT p.order_id AS OrderId, p.id AS PaymentId, r.amount AS Amount, r.refunded_at AS RefundedAt
            FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.refunded_at IS NOT NULL
            """)).ToList();
        var entered = (await settlement.QueryAsync<(long PaymentId, string EntryType)>("SELECT payment_id, fact FROM entries")).ToHashSet();

        var factory = new ConnectionFactory { Uri = new Uri(rabbitMq) };
        await using var broker = await factory.CreateConnectionAsync(cancellationToken);
        await using var channel = await broker.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        var sent = 0;
        foreach (var capture in captures.Where(capture => !entered.Contains((capture.PaymentId, "CAPTURE"))))
        {
            await Send("PaymentCompleted", capture.PaymentId, capture);
        }

        foreach (var refund in refunds.Where(refund => !entered.Contains((refund.PaymentId, "REFUND"))))
        {
            await Send("PaymentRefunded", refund.PaymentId, refund);
        }

        return sent;

        async Task Send(string type, long paymentId, object body)
        {
            var id = $"rebuild-{type}-{paymentId}";
            var properties = new BasicProperties
            {
                MessageId = id,
                DeliveryMode = DeliveryModes.Persistent,
                ContentType = "application/json",
                Headers = new Dictionary<string, object?>
                {
                    ["NServiceBus.MessageId"] = id,
                    ["NServiceBus.ConversationId"] = id,
                    ["NServiceBus.MessageIntent"] = "Publish",
                    ["NServiceBus.ContentType"] = "application/json",
                    ["NServiceBus.EnclosedMessageTypes"] = $"{Types}{type}, ShopSaga.Contracts",
                },
            };
            await channel.BasicPublishAsync(
                Topology.Find("Settlement").Assembly,
                "",
                mandatory: true,
                properties,
                JsonSerializer.SerializeToUtf8Bytes(body),
                cancellationToken);
            sent++;
        }
    }

    private sealed record Capture(long OrderId, long PaymentId, long UserId, long Amount, string PaymentMethod, DateTime CompletedAt);

    private sealed record Refund(long OrderId, long PaymentId, long Amount, DateTime RefundedAt);
}
