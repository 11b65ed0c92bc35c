using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Fuzz.Messages;

/// <summary>Sends hostile messages, some of which the client or the broker refuses.</summary>
internal sealed class HostileSender(string broker) : IAsyncDisposable
{
    /// <summary>Stands for the user that sends, the only one whose id the broker takes.</summary>
    public const string User = "sender";

    private IConnection? _connection;
    private IChannel? _channel;

    /// <summary>Sends the message and waits for the broker's confirm. Returns null, or why the message cannot be sent.</summary>
    public async Task<string?> WhyNotSent(HostileMessage message, CancellationToken cancellationToken)
    {
        _connection ??= await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync(cancellationToken);
        _channel ??= await _connection.CreateChannelAsync(new CreateChannelOptions(true, true), cancellationToken);
        if (message.Properties.UserId == User)
        {
            message.Properties.UserId = Uri.UnescapeDataString(new Uri(broker).UserInfo.Split(':')[0]);
        }

        try
        {
            await _channel.BasicPublishAsync("", message.Queue, mandatory: true, message.Properties, message.Body, cancellationToken);
            return null;
        }
        catch (Exception unsendable) when (unsendable is ArgumentException or WireFormattingException or OverflowException)
        {
            return unsendable.Message;
        }
        catch (OperationInterruptedException refused)
        {
            // Properties larger than a frame (AMQP 0-9-1, 2.3.7), or numbers that are none: the broker closes the connection.
            await DisposeAsync();
            return refused.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_channel?.DisposeAsync() ?? default);
        await (_connection?.DisposeAsync() ?? default);
        (_channel, _connection) = (null, null);
    }
}
