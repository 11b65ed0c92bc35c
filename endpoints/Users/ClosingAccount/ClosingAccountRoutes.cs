using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.ClosingAccount;

internal static class ClosingAccountRoutes
{
    public static void MapClosingAccount(this IEndpointRouteBuilder app) =>
        app.MapDelete("/users/me", CloseAccount.Handle).RequireUser()
            .Describe(
                "closeAccount",
                "Closes the caller's account: ends all sessions and erases e-mail address, name and password",
                new AccountClosure("a long password"))
            .Refuses(409, "conflict");
}
