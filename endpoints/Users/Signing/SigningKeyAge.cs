using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Users.Signing;

/// <summary>The age of the key that signs access tokens: over <c>Signing:RotateEvery</c> its rotation is late.</summary>
internal static class SigningKeyAge
{
    public static readonly DatabaseGauge Gauge = new(
        "shopsaga.users.signing_key.age",
        "s",
        "Time since the newest signing key began to sign.",
        "SELECT extract(epoch FROM now() - max(signs_from))::float8 FROM signing_keys WHERE signs_from <= now() HAVING count(*) > 0");
}
