using ShopSaga.Contracts.Users;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Cart;

/// <summary>Empties the cart of a closed account. Its orders stay, with the bare id of the former user.</summary>
internal sealed class EmptyCartHandler : IHandleMessages<AccountClosed>
{
    public async Task Handle(AccountClosed message, IMessageHandlerContext context)
    {
        var sql = context.Sql();
        await sql.Execute(CartLock.Take, new { message.UserId });
        await sql.Execute("DELETE FROM cart_items WHERE user_id = @UserId", new { message.UserId });
    }
}
