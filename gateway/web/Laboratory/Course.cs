namespace ShopSaga.Web.Laboratory;

/// <summary>Something that the laboratory lets happen to a real order.</summary>
/// <param name="Name">The text of its button.</param>
/// <param name="Explanation">What to look for.</param>
internal sealed record Course(string Name, string Explanation)
{
    private const int MoreThanThereIs = 1_000;

    public string Method { get; init; } = "CARD";

    public int Quantity { get; init; } = 1;

    /// <summary>The process that is killed right before the order is placed, if any.</summary>
    public string? Away { get; init; }

    /// <summary>How long it stays away.</summary>
    public int Seconds { get; init; }

    /// <summary>Whether the customer cancels the order once it is confirmed.</summary>
    public bool IsCancelled { get; init; }

    public static IReadOnlyList<Course> All { get; } =
    [
        new("Success", "Stock, payment, confirmation: four services, no director."),
        new("Out of stock", "Nothing is reserved, so nothing is charged.") { Quantity = MoreThanThereIs },
        new("Declined card", "Products hears that the payment failed, and releases the goods.") { Method = "CARD_DECLINED" },
        new("Unknown outcome", "The provider charges but does not answer. Payments asks until it knows.")
        {
            Method = "CARD_TIMEOUT_CHARGED",
        },
        new("Flaky provider", "Two charges fail; the third succeeds, and only it counts.") { Method = "CARD_FLAKY" },
        new("Cancelled after confirmation", "Refund and release run side by side.") { Method = "KAKAO_PAY", IsCancelled = true },
        new("Payments killed and back", "The order waits for it, and then goes on where it stood.") { Away = "Payments", Seconds = 3 },
        new("Broker away for ten seconds", "The order is accepted all the same; its event leaves when the broker is back.")
        {
            Away = "RabbitMQ",
            Seconds = 10,
        },
    ];
}
