using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Profile;

/// <summary>The body of a change of password. Only the new password is bounded: the current one is only compared.</summary>
internal sealed record PasswordChange(
    string CurrentPassword,
    [Text(Passwords.MinLength, Passwords.MaxLength, MayBeBlank = true)] string NewPassword) : IJsonBody<PasswordChange>;
