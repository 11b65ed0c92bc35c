using Microsoft.AspNetCore.Identity;

namespace ShopSaga.Users;

/// <summary>Passwords are kept as the platform's hasher makes them.</summary>
internal sealed class Passwords
{
    public const int Shortest = 8;
    public const int Longest = 128;

    private readonly PasswordHasher<User> _hasher = new();
    private readonly string _hashOfNobody;

    public Passwords() => _hashOfNobody = Hash("nobody has this password");

    public string Hash(string password) => _hasher.HashPassword(null!, password);

    /// <summary>Whether the password is right. Without an account (null) it is not, which takes as long to find out.</summary>
    public bool AreEqual(string? hash, string password) =>
        _hasher.VerifyHashedPassword(null!, hash ?? _hashOfNobody, password) != PasswordVerificationResult.Failed && hash is not null;
}
