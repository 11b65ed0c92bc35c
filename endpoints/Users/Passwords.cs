using System.Buffers;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Users;

/// <summary>
/// Hashes and verifies passwords with the platform's hasher (PBKDF2 with a random salt; the hash names its own parameters). Before that
/// they are normalized (OpaqueString, RFC 8265, section 4.2): keyboards and systems enter one password as different code points.
/// </summary>
internal sealed class Passwords
{
    public const int MinLength = 8;
    public const int MaxLength = 128;

    // Unicode's category Zs without the space itself.
    private static readonly SearchValues<char> OtherSpaces =
        SearchValues.Create("\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000");

    private readonly PasswordHasher<User> _hasher = new();
    private readonly string _decoyHash;

    public Passwords() => _decoyHash = Hash("the password of no account");

    public string Hash(string password) => _hasher.HashPassword(null!, Normalize(password));

    /// <summary>Whether the password matches the hash. False, after the same time, when there is no account and so no hash.</summary>
    public bool Verify(string? hash, string password) => Verify(hash, password, out _);

    /// <param name="hash">The stored hash; null when there is no account.</param>
    /// <param name="password">The password given by the client.</param>
    /// <param name="isOutdated">Whether the hash was made with weaker parameters than today's, or without normalization.</param>
    /// <returns>Whether the password matches the hash.</returns>
    public bool Verify(string? hash, string password, out bool isOutdated)
    {
        // Without an account a decoy is verified: otherwise the response time would tell which addresses are registered (CWE-208).
        var normalized = Normalize(password);
        var result = _hasher.VerifyHashedPassword(null!, hash ?? _decoyHash, normalized);
        if (result == PasswordVerificationResult.Failed && normalized != password)
        {
            // Hashes from before passwords were normalized.
            result = _hasher.VerifyHashedPassword(null!, hash ?? _decoyHash, password) == PasswordVerificationResult.Failed
                ? PasswordVerificationResult.Failed
                : PasswordVerificationResult.SuccessRehashNeeded;
        }

        isOutdated = result == PasswordVerificationResult.SuccessRehashNeeded;
        return result != PasswordVerificationResult.Failed && hash is not null;
    }

    /// <summary>
    /// The stored hash of the user's password, if this is the password; null otherwise. A change compares the hash again, since the
    /// password may be changed after it was verified.
    /// </summary>
    public async Task<string?> FindVerifiedHash(
        NpgsqlDataSource database, Caller caller, string password, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var hash = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "SELECT password_hash FROM users WHERE id = @UserId", caller, cancellationToken: cancellationToken));
        return Verify(hash, password) ? hash : null;
    }

    private static string Normalize(string password)
    {
        var spaces = password.AsSpan().ContainsAny(OtherSpaces)
            ? string.Concat(password.Select(character => OtherSpaces.Contains(character) ? ' ' : character))
            : password;
        return CanonicalForm.Compose(spaces);
    }
}
