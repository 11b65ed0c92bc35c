using System.Text.Json.Serialization;

namespace ShopSaga.Payments.Lifecycle;

/// <summary>The statuses of a payment; spelled as in the database and in JSON.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PaymentStatus>))]
internal enum PaymentStatus
{
    /// <summary>The order may be charged; the provider has not answered yet.</summary>
    PENDING,

    /// <summary>The provider did not answer in time, so whether it charged is unknown.</summary>
    UNKNOWN,

    /// <summary>The shop has the money.</summary>
    COMPLETED,

    /// <summary>The provider charged nothing.</summary>
    FAILED,

    /// <summary>A refund is requested; the provider has not reported it yet.</summary>
    REFUNDING,

    /// <summary>The customer has the money back.</summary>
    REFUNDED,
}
