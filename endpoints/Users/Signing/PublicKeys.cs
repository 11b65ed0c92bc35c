using Dapper;
using Npgsql;

namespace ShopSaga.Users.Signing;

/// <summary>
/// GET /.well-known/jwks.json: the keys that access tokens may be signed with, the next one and those before included
/// (<see cref="KeyRotation"/>).
/// </summary>
internal sealed class PublicKeys(NpgsqlDataSource database)
{
    public static async Task<IResult> Handle(PublicKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Text(await keys.Read(cancellationToken), "application/jwk-set+json");

    public async Task<string> Read(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var keys = await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT public_jwk FROM signing_keys ORDER BY signs_from DESC",
            cancellationToken: cancellationToken));
        return $$"""{"keys":[{{string.Join(',', keys)}}]}""";
    }
}

/// <summary>A JSON Web Key Set.</summary>
internal sealed record PublicKeySet(IReadOnlyList<PublicKey> Keys);

/// <summary>A JSON Web Key of an elliptic curve.</summary>
internal sealed record PublicKey(string Kty, string Crv, string Use, string Alg, string Kid, string X, string Y);
