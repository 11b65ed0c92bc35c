namespace ShopSaga.Psp;

/// <summary>How the simulator treats a payment method.</summary>
internal sealed record PaymentMethod
{
    /// <summary>The reason for declining every charge; null when charges succeed.</summary>
    public string? DeclineReason { get; init; }

    /// <summary>How many attempts with one idempotency key are answered 503 before the charge is processed.</summary>
    public int FailedCharges { get; init; }

    /// <summary>The same for refunds.</summary>
    public int FailedRefunds { get; init; }

    /// <summary>How long the charge takes.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The caller gets no answer.</summary>
    public bool Silent { get; init; }

    /// <summary>No money is captured; only together with <see cref="Silent"/>.</summary>
    public bool Lost { get; init; }

    /// <summary>All supported methods; any other name is declined.</summary>
    public static PaymentMethod Named(string name) => name switch
    {
        "CARD" or "KAKAO_PAY" or "BANK_TRANSFER" => new(),
        "CARD_DECLINED" => new() { DeclineReason = "CARD_DECLINED" },
        "CARD_TIMEOUT_CHARGED" => new() { Silent = true },
        "CARD_TIMEOUT_LOST" => new() { Silent = true, Lost = true },
        "CARD_FLAKY" => new() { FailedCharges = 2 },
        "CARD_SLOW" => new() { Duration = TimeSpan.FromSeconds(3) },
        "CARD_REFUND_FLAKY" => new() { FailedRefunds = 2 },
        _ => new() { DeclineReason = "METHOD_NOT_SUPPORTED" },
    };
}
