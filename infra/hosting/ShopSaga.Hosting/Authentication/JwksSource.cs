namespace ShopSaga.Hosting.Authentication;

/// <summary>
/// The source of the public keys of access tokens, as a JSON Web Key Set (RFC 7517). By default over HTTP from <c>Auth:JwksAddress</c>
/// (comma-separated for several instances of Users; the first that answers). Users, which owns the keys, registers its own source.
/// </summary>
public delegate Task<string> JwksSource(CancellationToken cancellationToken);
