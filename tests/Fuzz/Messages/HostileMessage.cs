using RabbitMQ.Client;

namespace ShopSaga.Fuzz.Messages;

/// <summary>A message for an endpoint's queue, and what is hostile about it in a few words.</summary>
internal sealed record HostileMessage(string Kind, string Queue, BasicProperties Properties, byte[] Body);
