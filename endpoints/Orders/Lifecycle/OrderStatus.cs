using System.Text.Json.Serialization;

namespace ShopSaga.Orders.Lifecycle;

/// <summary>Where an order stands; spelled as in the database and in JSON.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrderStatus>))]
internal enum OrderStatus
{
    /// <summary>Placed; stock and payment are under way.</summary>
    PENDING,

    /// <summary>Paid.</summary>
    CONFIRMED,

    /// <summary>Called off, while others still reverse what they did for it.</summary>
    CANCELLING,

    /// <summary>Called off, and nothing is left to reverse.</summary>
    CANCELLED,
}
