namespace ShopSaga.Users.Signing;

/// <summary>A JSON Web Key Set (RFC 7517, section 5), as the OpenAPI document describes it.</summary>
internal sealed record PublicKeySet(IReadOnlyList<PublicKey> Keys);
