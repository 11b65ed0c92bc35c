using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Placing;

/// <summary>
/// A client's name for one order: however often, and however concurrently, a request with it is sent, it places the order once
/// (draft-ietf-httpapi-idempotency-key-header-07).
/// <list type="number">
/// <item><see cref="Claim"/> inserts the key in the transaction that places the order. A concurrent request with it waits there.</item>
/// <item>The commit makes order and key visible together: the request that waited finds both. After a rollback, it inserts the key.</item>
/// </list>
/// </summary>
internal sealed record IdempotencyKey(long UserId, string Route, string Key, byte[] BodyDigest, DateTimeOffset CreatedAt)
{
    /// <summary>How long a key is known.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>Keys created at this moment or earlier have expired.</summary>
    public DateTimeOffset ExpiryCutoff => CreatedAt - Lifetime;

    /// <summary>The key of the request, or null when it has none.</summary>
    /// <exception cref="InvalidRequestException">The key is not 1 to 255 visible ASCII characters.</exception>
    public static IdempotencyKey? Of(PlacingRequest request, DateTimeOffset now)
    {
        // Not as bound, because binding takes an empty header for an absent one.
        var header = request.Http.Request.Headers[PlacingRequest.KeyHeader];
        if (header.Count == 0)
        {
            return null;
        }

        return header is [{ Length: >= 1 and <= 255 } key] && key.All(character => character is > ' ' and <= '~')
            ? new IdempotencyKey(request.Caller.UserId, request.Route, key, JsonDigest.Of(JsonBody.Sent(request.Http)), now)
            : throw new InvalidRequestException(PlacingRequest.KeyHeader, "must be given once and have 1 to 255 visible ASCII characters.");
    }

    /// <summary>Returns nothing when the key was inserted; otherwise the order that it placed, or the problem to respond with.</summary>
    public async Task<(long? OrderId, ProblemHttpResult? Refusal)> Claim(Sql sql)
    {
        try
        {
            if (await TryInsert(sql))
            {
                return default;
            }
        }
        catch (PostgresException failure) when (failure.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return (null, Problems.Conflict(
                "in-progress", "In progress", "The first request with this Idempotency-Key is still being worked on."));
        }

        var known = await sql.QuerySingle<(byte[] BodyDigest, long OrderId)>(
            "SELECT body_digest, order_id FROM idempotency_keys WHERE user_id = @UserId AND route = @Route AND key = @Key",
            this);
        return known.BodyDigest.AsSpan().SequenceEqual(BodyDigest)
            ? (known.OrderId, null)
            : (null, Problems.Problem(
                StatusCodes.Status422UnprocessableEntity,
                "idempotency-key-reused",
                "Idempotency key reused",
                "This Idempotency-Key was sent before with another body."));
    }

    /// <summary>Whether the key has placed an order. Writes nothing and waits for no other request.</summary>
    public async Task<bool> HasPlacedOrder(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            SELECT EXISTS (
                SELECT FROM idempotency_keys
                 WHERE user_id = @UserId AND route = @Route AND key = @Key AND created_at > @ExpiryCutoff)
            """,
            this,
            cancellationToken: cancellationToken));
    }

    /// <summary>Stores which order the key has placed.</summary>
    public Task StoreOrder(Sql sql, long orderId) => sql.Execute(
        "UPDATE idempotency_keys SET order_id = @orderId WHERE user_id = @UserId AND route = @Route AND key = @Key",
        new { orderId, UserId, Route, Key });

    /// <summary>Inserts the key; false when it is there. An expired key that the clean-up has not reached yet is replaced.</summary>
    /// <remarks>The rows of both statements are counted together. Where DELETE removes one, INSERT finds no conflict.</remarks>
    private async Task<bool> TryInsert(Sql sql) => await sql.Execute(
        """
        SET LOCAL lock_timeout = '5s';
        DELETE FROM idempotency_keys WHERE user_id = @UserId AND route = @Route AND key = @Key AND created_at <= @ExpiryCutoff;
        INSERT INTO idempotency_keys (user_id, route, key, body_digest, created_at)
        VALUES (@UserId, @Route, @Key, @BodyDigest, @CreatedAt)
        ON CONFLICT (user_id, route, key) DO NOTHING;
        SET LOCAL lock_timeout TO DEFAULT
        """,
        this) > 0;
}
