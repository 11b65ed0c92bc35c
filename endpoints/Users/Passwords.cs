using Microsoft.AspNetCore.Identity;

namespace ShopSaga.Users;

/// <summary>
/// Hashes and verifies passwords with the platform's hasher (PBKDF2 with a random salt; the hash names its own parameters).
/// </summary>
internal sealed class Passwords
{
    public const int MinLength = 8;
    public const int MaxLength = 128;

    private readonly PasswordHasher<User> _hasher = new();
    private readonly string _decoyHash;

    public Passwords() => _decoyHash = Hash("the password of no account");

    public string Hash(string password) => _hasher.HashPassword(null!, password);

    /// <summary>Whether the password matches the hash. False, after the same time, when there is no account and so no hash.</summary>
    public bool Verify(string? hash, string password) => Verify(hash, password, out _);

    /// <param name="hash">The stored hash; null when there is no account.</param>
    /// <param name="password">The password given by the client.</param>
    /// <param name="isOutdated">Whether the hash was made with weaker parameters than the hasher uses today.</param>
    /// <returns>Whether the password matches the hash.</returns>
    public bool Verify(string? hash, string password, out bool isOutdated)
    {
        // Without an account a decoy is verified: otherwise the response time would tell which addresses are registered (CWE-208).
        var result = _hasher.VerifyHashedPassword(null!, hash ?? _decoyHash, password);
        isOutdated = result == PasswordVerificationResult.SuccessRehashNeeded;
        return result != PasswordVerificationResult.Failed && hash is not null;
    }
}
