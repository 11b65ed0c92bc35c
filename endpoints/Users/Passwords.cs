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
    public bool AreEqual(string? hash, string password) => AreEqual(hash, password, out _);

    /// <param name="hash">What is kept.</param>
    /// <param name="password">What is shown.</param>
    /// <param name="isOutdated">Whether the hasher has become stricter since.</param>
    public bool AreEqual(string? hash, string password, out bool isOutdated)
    {
        var result = _hasher.VerifyHashedPassword(null!, hash ?? _hashOfNobody, password);
        isOutdated = result == PasswordVerificationResult.SuccessRehashNeeded;
        return result != PasswordVerificationResult.Failed && hash is not null;
    }
}
