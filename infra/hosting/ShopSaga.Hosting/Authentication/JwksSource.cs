namespace ShopSaga.Hosting.Authentication;

/// <summary>
/// Where the public keys that sign access tokens come from, as a JSON Web Key Set. By default over HTTP from <c>Auth:JwksAddress</c> (of
/// several instances of Users, with commas between them, the first that answers); Users, which owns the keys, registers its own.
/// </summary>
public delegate Task<string> JwksSource(CancellationToken cancellationToken);
