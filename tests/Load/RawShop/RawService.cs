using System.Text.Json;
using RabbitMQ.Client;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.RawShop;

/// <summary>A service of the raw shop: an endpoint and a handler for each type of message that its queue receives.</summary>
internal sealed class RawService(RawEndpoint endpoint, string queue)
{
    private const string Exchange = "raw.shop";
    private readonly Dictionary<string, Func<RawMessage, Task>> _handlers = [];

    public static async Task<RawService> Start(IConnection broker, string database, string queue) =>
        new(await RawEndpoint.Start(broker, RawDatabases.ConnectionString(database), Exchange), queue);

    /// <summary>The same service's handlers of another queue, which has workers of its own.</summary>
    public RawService Apart(string other) => new(endpoint, other);

    public RawEndpoint Endpoint => endpoint;

    /// <summary>A handler of the transaction.</summary>
    public RawService On<T>(Func<RawTransaction, T, Task> handle) =>
        On<T>((id, content) => endpoint.Handle(id, transaction => handle(transaction, content)));

    /// <summary>A handler that has more to do than its transaction.</summary>
    public RawService On<T>(Func<Guid, T, Task> handle)
    {
        _handlers[typeof(T).Name] = message => handle(message.Id, JsonSerializer.Deserialize<T>(message.Body)!);
        return this;
    }

    public Task Declare() => endpoint.Declare(queue, _handlers.Keys);

    public Task Consume() => endpoint.Consume(queue, message => _handlers[message.Address](message));
}
