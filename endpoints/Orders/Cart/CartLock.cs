namespace ShopSaga.Orders.Cart;

/// <summary>
/// Serialises what depends on a whole cart: its checkout, its end, and its limit of lines. Removing one line does not. It is an advisory
/// lock because a cart has no row of its own.
/// </summary>
internal static class CartLock
{
    /// <summary>Takes the lock on the cart of <c>@UserId</c> until the transaction ends.</summary>
    public const string Take = "SELECT pg_advisory_xact_lock(hashtextextended('cart', @UserId))";
}
