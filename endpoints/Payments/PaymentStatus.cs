namespace ShopSaga.Payments;

/// <summary>What can happen to a payment.</summary>
internal enum PaymentStep
{
    /// <summary>The provider took the money.</summary>
    Charged,

    /// <summary>The provider took no money for this payment and never will.</summary>
    NotCharged,

    /// <summary>The provider did not answer: charged or not?</summary>
    NoAnswer,

    /// <summary>The money has to go back.</summary>
    GiveBack,

    /// <summary>The provider gave the money back.</summary>
    GivenBack,
}

/// <summary>The statuses of a payment and every way from one to another.</summary>
internal static class PaymentStatus
{
    public const string Pending = "PENDING";
    public const string Unknown = "UNKNOWN";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Refunding = "REFUNDING";
    public const string Refunded = "REFUNDED";

    /// <summary>The status after a step.</summary>
    /// <exception cref="InvalidOperationException">The step is not possible in this status.</exception>
    public static string After(this string status, PaymentStep step) => (status, step) switch
    {
        (Pending or Unknown, PaymentStep.Charged) => Completed,
        (Pending or Unknown, PaymentStep.NotCharged) => Failed,
        (Pending or Unknown, PaymentStep.NoAnswer) => Unknown,
        (Completed, PaymentStep.GiveBack) => Refunding,
        (Refunding, PaymentStep.GivenBack) => Refunded,
        _ => throw new InvalidOperationException($"A payment that is {status} cannot be {step}."),
    };
}
