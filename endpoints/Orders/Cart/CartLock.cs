namespace ShopSaga.Orders.Cart;

/// <summary>
/// Serialises checkout, emptying and the limit of lines, which depend on the whole cart. Removing one line does not need it. It is an
/// advisory lock because a cart has no row of its own.
/// </summary>
internal static class CartLock
{
    /// <summary>Takes the lock on the cart of <c>@UserId</c> until the transaction ends.</summary>
    public const string Take = "SELECT pg_advisory_xact_lock(hashtextextended('cart', @UserId))";
}
