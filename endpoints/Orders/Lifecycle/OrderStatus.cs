using System.Text.Json.Serialization;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>The statuses of an order, spelled as in the database and in JSON.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrderStatus>))]
internal enum OrderStatus
{
    /// <summary>Placed; neither confirmed nor cancelled yet.</summary>
    PENDING,

    /// <summary>Paid.</summary>
    CONFIRMED,

    /// <summary>Cancelled, while other services still compensate.</summary>
    CANCELLING,

    /// <summary>Cancelled, and nothing is left to compensate.</summary>
    CANCELLED,
}
