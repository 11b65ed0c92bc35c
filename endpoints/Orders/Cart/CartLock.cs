namespace ShopSaga.Orders.Cart;

/// <summary>Whoever puts into a cart or checks it out waits for whoever does so already. A cart has no row of its own to lock.</summary>
internal static class CartLock
{
    /// <summary>Takes the lock on the cart of <c>@UserId</c> until the transaction ends.</summary>
    public const string Take = "SELECT pg_advisory_xact_lock(hashtextextended('cart', @UserId))";
}
