using System.ComponentModel.DataAnnotations;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Users.Registering;

/// <summary>
/// The body of a registration. An address has at most 254 characters (RFC 5321, section 4.5.3.1.3, less the angle brackets); only a message
/// to it could tell whether it exists, so its form is checked no further.
/// </summary>
internal sealed record Registration(
    [Text(3, 254), RegularExpression(@"[^@\s\p{C}]+@[^@\s\p{C}]+", ErrorMessage = "must be an e-mail address.")] string Email,
    [Text(Passwords.MinLength, Passwords.MaxLength, MayBeBlank = true)] string Password,
    [Text(1, 200)] string Name) : IJsonBody<Registration>;
