using ShopSaga.Hosting;

namespace ShopSaga.Users.Registering;

internal static class FirstAdminSetup
{
    /// <exception cref="InvalidOperationException">The password is missing, too short or too long.</exception>
    public static void AddFirstAdmin(this WebApplicationBuilder builder)
    {
        if (builder.Configuration["Admin:Email"] is not { Length: > 0 } email)
        {
            return;
        }

        var password = builder.Configuration.Required("Admin:Password");
        if (password.Length is < Passwords.MinLength or > Passwords.MaxLength)
        {
            throw new InvalidOperationException(
                $"Configuration 'Admin:Password' must have {Passwords.MinLength} to {Passwords.MaxLength} characters. "
                + "Set Admin__Password.");
        }

        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<FirstAdmin>(services, email, password));
    }
}
