using Dapper;
using Npgsql;

namespace ShopSaga.Users.Signing;

/// <summary>
/// GET /.well-known/jwks.json: the public keys of all valid access tokens, and the one that signs next (<see cref="KeyRotation"/>). Newest
/// first.
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
