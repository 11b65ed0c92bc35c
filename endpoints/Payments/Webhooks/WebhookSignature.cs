using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using ShopSaga.Hosting;

namespace ShopSaga.Payments.Webhooks;

/// <summary>
/// The provider's signature on a webhook: <c>Psp-Signature: t=UNIX-SECONDS,v1=HEX</c>, where HEX is the HMAC-SHA256 of
/// <c>UNIX-SECONDS.BODY</c> under the shared secret. The signed time keeps a recorded request from being replayed after a few minutes.
/// </summary>
internal sealed class WebhookSignature(string secret, TimeProvider time)
{
    public const string Header = "Psp-Signature";
    private const int MinSecretLength = 16;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    /// <summary>Reads <c>Provider:WebhookSecret</c>.</summary>
    /// <exception cref="InvalidOperationException">It is missing or too short; the message says what to set.</exception>
    public static string SecretIn(IConfiguration configuration)
    {
        var secret = configuration.Required("Provider:WebhookSecret");
        return secret.Length >= MinSecretLength
            ? secret
            : throw new InvalidOperationException(
                "Configuration 'Provider:WebhookSecret' is too short. "
                + $"Set Provider__WebhookSecret to what the provider signs with, at least {MinSecretLength} characters.");
    }

    /// <summary>Whether the header is a recent signature of the provider on this body.</summary>
    public bool IsOn(ReadOnlySpan<byte> body, StringValues header)
    {
        if (header is not [{ } text] || Parse(text) is not ({ } timestamp, { } signature) || !IsRecent(timestamp))
        {
            return false;
        }

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret);
        hmac.AppendData(Encoding.ASCII.GetBytes($"{timestamp}."));
        hmac.AppendData(body);
        return CryptographicOperations.FixedTimeEquals(hmac.GetHashAndReset(), signature);
    }

    private bool IsRecent(string timestamp) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && (time.GetUtcNow() - DateTimeOffset.UnixEpoch - TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue * 2L))).Duration()
            <= Tolerance;

    private static (string? Timestamp, byte[]? Signature) Parse(string text)
    {
        if (text.Split(',') is not [['t', '=', ..] first, ['v', '1', '=', ..] second])
        {
            return default;
        }

        var hex = second[3..];
        return hex.Length == 2 * SHA256.HashSizeInBytes && hex.All(char.IsAsciiHexDigit)
            ? (first[2..], Convert.FromHexString(hex))
            : default;
    }
}
