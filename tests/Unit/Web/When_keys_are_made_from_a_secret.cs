using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Web.Sessions;

namespace ShopSaga.Tests.Unit.Web;

public class When_keys_are_made_from_a_secret
{
    [Test]
    public void Should_let_another_instance_read_what_one_protected() =>
        Assert.That(Protector("secret of both").Unprotect(Protector("secret of both").Protect("a session")), Is.EqualTo("a session"));

    [Test]
    public void Should_end_what_another_secret_protected()
    {
        var old = Protector("old secret").Protect("a session");

        Assert.That(() => Protector("new secret").Unprotect(old), Throws.InstanceOf<System.Security.Cryptography.CryptographicException>());
    }

    private static IDataProtector Protector(string secret)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName("ShopSaga.Web").DisableAutomaticKeyGeneration();
        services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = new FixedKey(secret));
        return services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
    }
}
