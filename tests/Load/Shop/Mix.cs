namespace ShopSaga.Load.Shop;

/// <summary>What customers do.</summary>
/// <param name="Name">In the names of figures.</param>
/// <param name="Products">How many products they choose from.</param>
internal sealed record Mix(string Name, int Products)
{
    /// <summary>The share of orders whose customer cancels at once.</summary>
    public double Cancels { get; init; }

    /// <summary>The share of orders whose card is declined.</summary>
    public double Declines { get; init; }

    /// <summary>Whether each order comes with a read of the catalogue, of the order and of the cart.</summary>
    public bool Reads { get; init; }
}
