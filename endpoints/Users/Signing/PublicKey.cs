namespace ShopSaga.Users.Signing;

/// <summary>A JSON Web Key of an elliptic curve (RFC 7518, section 6.2.1).</summary>
internal sealed record PublicKey(string Kty, string Crv, string Use, string Alg, string Kid, string X, string Y);
