using System.Globalization;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Hosting.Lanes;

/// <summary>
/// At the first start on NServiceBus, which has no poller, outbox records of the embedded lane may be undispatched. So at each start, sends
/// the endpoint's own queue a control message for each of them, whose processing dispatches the record. If a record was dispatched
/// meanwhile, its control message does nothing, so several instances may do this at once.
/// </summary>
internal sealed class UndispatchedRecords(
    MonitoredEndpoint endpoint, NpgsqlDataSource database, TimeProvider time, ILogger<UndispatchedRecords> logger) : BackgroundService
{
    /// <summary>Of a property (AMQP 0-9-1, 4.2.5.3), in bytes.</summary>
    private const int MaxShortString = 255;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Sends the control messages, and returns their number.</summary>
    public async Task<int> SendControlMessages(CancellationToken cancellationToken)
    {
        var records = await Read(cancellationToken);
        if (records.Count == 0)
        {
            return 0;
        }

        await using var connection = await BrokerAddress.FactoryFor(endpoint.Broker)
            .CreateConnectionAsync($"{endpoint.Name} switch", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        foreach (var id in records)
        {
            await channel.BasicPublishAsync(
                endpoint.Name, routingKey: "", mandatory: true, PropertiesFor(id), ReadOnlyMemory<byte>.Empty, cancellationToken);
        }

        logger.LogInformation(
            LogEvents.UndispatchedRecordsAnnounced, "Sent control messages for {Count} undispatched outbox records", records.Count);
        return records.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await SendControlMessages(stoppingToken);
                return;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning(
                    LogEvents.UndispatchedRecordsWait, "The undispatched outbox records must wait: {Reason}", failure.Message);
            }

            await Task.Delay(RetryInterval, time, stoppingToken);
        }
    }

    private async Task<List<string>> Read(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""SELECT "MessageId" FROM "{endpoint.Name.Replace('.', '_')}_OutboxData" WHERE NOT "Dispatched" """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    /// <summary>What a session of NServiceBus sends at its commit, as recorded from NServiceBus 10.2.8.</summary>
    private BasicProperties PropertiesFor(string id) => new()
    {
        // Receivers take the id from the header.
        MessageId = Encoding.UTF8.GetByteCount(id) <= MaxShortString ? id : Guid.NewGuid().ToString(),
        ContentType = "application/octet-stream",
        Persistent = true,
        Headers = new Dictionary<string, object?>
        {
            ["NServiceBus.MessageId"] = id,
            ["NServiceBus.ControlMessage"] = bool.TrueString,
            ["NServiceBus.TransactionalSession.RemainingCommitDuration"] = "00:00:15",
            ["NServiceBus.TransactionalSession.CommitDelayIncrement"] = "00:00:02",
            ["NServiceBus.TransactionalSession.CommitDelayAttempt"] = "1",
            ["NServiceBus.TransactionalSession.TimeSent"] = time.GetUtcNow().ToString(WireTime.Format, CultureInfo.InvariantCulture),
        },
    };
}
