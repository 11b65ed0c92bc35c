using Dapper;
using Npgsql;

namespace ShopSaga.Users.Signing;

/// <summary>GET /.well-known/jwks.json: the keys that access tokens in use may be signed with, retired ones included until the last has expired.</summary>
internal sealed class PublicKeys(NpgsqlDataSource database, TimeProvider time)
{
    public static async Task<IResult> Handle(PublicKeys keys, CancellationToken cancellationToken) =>
        TypedResults.Text(await keys.Read(cancellationToken), "application/jwk-set+json");

    public async Task<string> Read(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var keys = await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT public_jwk FROM signing_keys WHERE retired_at IS NULL OR retired_at > @oldest ORDER BY created_at DESC",
            new { oldest = time.GetUtcNow() - (2 * TokenSigner.Lifetime) },
            cancellationToken: cancellationToken));
        return $$"""{"keys":[{{string.Join(',', keys)}}]}""";
    }
}
