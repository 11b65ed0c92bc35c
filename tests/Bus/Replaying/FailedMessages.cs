using RabbitMQ.Client;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Replaying;

/// <summary>Puts messages into an error queue.</summary>
internal static class FailedMessages
{
    /// <summary>A message that failed, with some of its headers; it failed so many microseconds after the others as its id says.</summary>
    public static Task HasFailed(this Address error, string id, string queue, string type, string exception, string says) => Broker.Publish(
        error.Name,
        new BasicProperties { MessageId = id, DeliveryMode = DeliveryModes.Persistent },
        new Dictionary<string, string>
        {
            ["NServiceBus.MessageId"] = id,
            ["NServiceBus.EnclosedMessageTypes"] = $"{type}, ShopClient, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null",
            ["NServiceBus.FailedQ"] = queue,
            ["NServiceBus.TimeOfFailure"] = $"2026-11-22 05:59:28:{id.PadLeft(6, '0')} Z",
            ["NServiceBus.ExceptionInfo.ExceptionType"] = exception,
            ["NServiceBus.ExceptionInfo.Message"] = says,
        },
        $$"""{"Number":{{id}}}""");
}
