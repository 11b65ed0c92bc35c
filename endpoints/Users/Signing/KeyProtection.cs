using System.Security.Cryptography;
using System.Text;
using ShopSaga.Hosting;

namespace ShopSaga.Users.Signing;

/// <summary>
/// Encrypts the private keys in the database under a key that only the configuration holds (AES-256-GCM, NIST SP 800-38D): a copy of the
/// database cannot sign tokens. The key id is authenticated with the ciphertext, so that one row's key cannot take the place of another's.
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
                + $"Set Signing__EncryptionKey to the output of 'openssl rand -base64 {KeyBytes}'.");
        }

        _aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
    }

    /// <summary>Encrypts a private key. Nonce and tag precede the ciphertext.</summary>
    public byte[] Seal(string keyId, byte[] privateKey)
    {
        var sealedKey = new byte[NonceSize + TagSize + privateKey.Length];
        var nonce = sealedKey.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        _aes.Encrypt(
            nonce,
            privateKey,
            sealedKey.AsSpan(NonceSize + TagSize),
            sealedKey.AsSpan(NonceSize, TagSize),
            Encoding.ASCII.GetBytes(keyId));
        return sealedKey;
    }

    /// <exception cref="InvalidOperationException">It was encrypted under another key or has been changed.</exception>
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
                $"Signing key {keyId} was not encrypted under '{Setting}'. Restore the previous Signing__EncryptionKey, or delete the rows "
                + "of signing_keys: a new key is created, and clients must refresh their tokens.");
        }
    }

    public void Dispose() => _aes.Dispose();
}
