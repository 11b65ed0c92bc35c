using Dapper;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp.Charging;

/// <summary>Look-ups of charges. An OPEN charge is not found: it may never capture money.</summary>
internal sealed class FindCharges(NpgsqlDataSource database)
{
    public async Task<IResult> ById(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        var charge = await connection.QuerySingleOrDefaultAsync<Charge>(
            $"SELECT {Charge.Columns} FROM charges WHERE id = @id AND status <> 'OPEN'", new { id });
        return charge is null ? Problems.NotFound() : Results.Ok(charge);
    }

    public async Task<ItemsOf<Charge>> ByKey(string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        var charges = await connection.QueryAsync<Charge>(
            $"SELECT {Charge.Columns} FROM charges WHERE idempotency_key = @key AND status <> 'OPEN'", new { key });
        return new([.. charges], null);
    }
}
