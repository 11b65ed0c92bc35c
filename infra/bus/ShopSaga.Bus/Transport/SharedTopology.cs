using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ShopSaga.Bus;

/// <summary>
/// Declares what belongs to several endpoints. A broker user that may declare only its own endpoint's queue and exchanges relies on an
/// administrator for the rest (docs/security.md): then the exchange must exist already.
/// </summary>
internal sealed class SharedTopology
{
    /// <summary>
    /// Exchanges that this user may not declare. While they exist they are not declared again: each refusal closes a channel, and the
    /// broker logs it.
    /// </summary>
    private readonly ConcurrentDictionary<string, bool> _refused = new();

    /// <exception cref="DestinationMissingException">This user may not declare the exchange, and it does not exist.</exception>
    public async Task Declare(IConnection connection, string exchange, Func<IChannel, Task> declare, CancellationToken cancellationToken)
    {
        if (_refused.ContainsKey(exchange) && await Exists(connection, exchange, cancellationToken))
        {
            return;
        }

        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await declare(channel);
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason?.ReplyCode == Constants.AccessRefused)
        {
            _refused[exchange] = true;
            if (!await Exists(connection, exchange, cancellationToken))
            {
                throw new DestinationMissingException(
                    $"There is no exchange {exchange}, and this user of the broker may not declare it.", refused);
            }
        }
    }

    /// <summary>
    /// Looks for an exchange, which needs no permission, on a channel of its own: the broker closes that where there is none.
    /// </summary>
    public static async Task<bool> Exists(IConnection connection, string exchange, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            await channel.ExchangeDeclarePassiveAsync(exchange, cancellationToken);
            return true;
        }
        catch (OperationInterruptedException closed) when (closed.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return false;
        }
    }
}
