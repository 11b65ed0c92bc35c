using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace ShopSaga.Web.Sessions;

/// <summary>
/// The key that protects cookies, forms and sessions, made from the secret <c>Sessions:Key</c>: all instances have it, now and after a
/// restart, and none has to store it. A new secret ends all sessions.
/// </summary>
internal sealed class FixedKey(string secret) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var master = HKDF.DeriveKey(HashAlgorithmName.SHA512, Encoding.UTF8.GetBytes(secret), 64, info: "ShopSaga.Web keys"u8.ToArray());
        var id = new Guid(HKDF.DeriveKey(HashAlgorithmName.SHA512, master, 16, info: "ShopSaga.Web key id"u8.ToArray()));
        return
        [
            new XElement("key",
                new XAttribute("id", id),
                new XAttribute("version", 1),
                new XElement("creationDate", "2026-01-01T00:00:00Z"),
                new XElement("activationDate", "2026-01-01T00:00:00Z"),
                new XElement("expirationDate", "2999-01-01T00:00:00Z"),
                new XElement("descriptor",
                    new XAttribute("deserializerType", typeof(AuthenticatedEncryptorDescriptorDeserializer).AssemblyQualifiedName!),
                    new XElement("descriptor",
                        new XElement("encryption", new XAttribute("algorithm", "AES_256_CBC")),
                        new XElement("validation", new XAttribute("algorithm", "HMACSHA256")),
                        new XElement("masterKey", new XElement("value", Convert.ToBase64String(master)))))),
        ];
    }

    public void StoreElement(XElement element, string friendlyName) => throw new NotSupportedException("The key is a secret, not stored.");
}
