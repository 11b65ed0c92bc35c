using System.Security.Cryptography;
using System.Text;
using ShopSaga.Hosting;

namespace ShopSaga.Users.Signing;

/// <summary>
/// Private keys lie in the database encrypted (AES-256-GCM, bound to their key id), under a key that only the configuration holds: a copy of
/// the database signs nothing.
/// </summary>
internal sealed class KeyProtection : IDisposable
{
    private const string Setting = "Signing:EncryptionKey";
    private const int KeyBytes = 32;
    private static readonly int NonceSize = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagSize = AesGcm.TagByteSizes.MaxSize;
    private readonly AesGcm _aes;

    /// <exception cref="InvalidOperationException">The key is missing or has another length.</exception>
    public KeyProtection(IConfiguration configuration)
    {
        var key = new byte[KeyBytes];
        if (!Convert.TryFromBase64String(configuration.Required(Setting), key, out var length) || length != KeyBytes)
        {
            throw new InvalidOperationException(
                $"Configuration '{Setting}' must be {KeyBytes} random bytes in Base64. "
                + $"Set Signing__EncryptionKey, such as to what 'openssl rand -base64 {KeyBytes}' prints.");
        }

        _aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
    }

    public byte[] Seal(string keyId, byte[] privateKey)
    {
        var sealedKey = new byte[NonceSize + TagSize + privateKey.Length];
        var nonce = sealedKey.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        _aes.Encrypt(nonce, privateKey, sealedKey.AsSpan(NonceSize + TagSize), sealedKey.AsSpan(NonceSize, TagSize), Encoding.ASCII.GetBytes(keyId));
        return sealedKey;
    }

    /// <exception cref="InvalidOperationException">It was sealed under another key, or changed since.</exception>
    public byte[] Open(string keyId, byte[] sealedKey)
    {
        var privateKey = new byte[sealedKey.Length - NonceSize - TagSize];
        try
        {
            _aes.Decrypt(
                sealedKey.AsSpan(0, NonceSize),
                sealedKey.AsSpan(NonceSize + TagSize),
                sealedKey.AsSpan(NonceSize, TagSize),
                privateKey,
                Encoding.ASCII.GetBytes(keyId));
            return privateKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new InvalidOperationException(
                $"Signing key {keyId} was not encrypted under '{Setting}'. Set Signing__EncryptionKey to what it was, or delete the table signing_keys' rows: "
                + "a new key is made, and everybody has to refresh.");
        }
    }

    public void Dispose() => _aes.Dispose();
}
