using Dapper;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp.Refunding;

/// <summary>Look-ups of refunds. An OPEN refund is not found.</summary>
internal sealed class FindRefunds(NpgsqlDataSource database)
{
    public async Task<IResult> ById(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        var refund = await connection.QuerySingleOrDefaultAsync<Refund>(
            $"SELECT {Refund.Columns} FROM refunds WHERE id = @id AND status = 'REFUNDED'", new { id });
        return refund is null ? Problems.NotFound() : Results.Ok(refund);
    }

    public async Task<ItemsOf<Refund>> OfCharge(long chargeId)
    {
        await using var connection = await database.OpenConnectionAsync();
        var refunds = await connection.QueryAsync<Refund>(
            $"SELECT {Refund.Columns} FROM refunds WHERE charge_id = @chargeId AND status = 'REFUNDED' ORDER BY id", new { chargeId });
        return new([.. refunds], null);
    }

    public async Task<ItemsOf<Refund>> ByKey(string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        var refunds = await connection.QueryAsync<Refund>(
            $"SELECT {Refund.Columns} FROM refunds WHERE idempotency_key = @key AND status = 'REFUNDED'", new { key });
        return new([.. refunds], null);
    }
}
