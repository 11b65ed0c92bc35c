using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

internal static class ProfileRoutes
{
    public static void MapProfile(this IEndpointRouteBuilder app)
    {
        app.MapGet("/users/me", ReadProfile.Handle).RequireUser()
            .Describe("readProfile", "The caller's account")
            .Refuses(404);
        app.MapPut("/users/me", Rename.Handle).RequireUser()
            .Describe("rename", "Changes the caller's name", new NewName("Ann Lee"))
            .Refuses(404);
        app.MapPut("/users/me/password", ChangePassword.Handle).RequireUser()
            .Describe(
                "changePassword",
                "Changes the caller's password and ends all sessions",
                new PasswordChange("a long password", "a longer password"));
    }
}
