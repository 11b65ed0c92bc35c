using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>POST /products/{id}/stock: adds units to the stock or removes some.</summary>
internal sealed class ChangeStock
{
    internal static async Task<Results<Ok<Product>, ProblemHttpResult>> Handle(
        long id,
        StockChange body,
        HttpContext http,
        ITransactionalSession session,
        ProductCache cache,
        TimeProvider time,
        ILogger<ChangeStock> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var (before, problem) = await Product.Lock(sql, id, http.Request.Headers);
        if (problem is not null)
        {
            return problem;
        }

        if (!await Fits(sql, before, body.Delta))
        {
            var reserved = await Reserved(sql, id);
            return Problems.Conflict(
                "conflict",
                "The stock cannot be changed by that",
                $"There are {before.StockQuantity} units, and {reserved} more are reserved: "
                + $"the stock can neither fall below 0 nor, with the reserved units, exceed {int.MaxValue}.");
        }

        var after = await sql.QuerySingle<Product>(
            $"""
            WITH change AS (
                INSERT INTO stock_changes (product_id, delta, changed_at) VALUES (@id, @Delta, @now))
            UPDATE products SET stock_quantity = stock_quantity + @Delta, version = version + 1 WHERE id = @id
            RETURNING {Product.Columns}
            """,
            new { id, body.Delta, now = time.GetUtcNow() });
        await cache.Invalidate([(id, after.Version)]);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.StockChanged, "Stock of product {ProductId} changed by {Delta}", id, body.Delta);
        http.Response.Headers.ETag = after.ETag().ToString();
        return TypedResults.Ok(after);
    }

    /// <summary>
    /// Whether the stock stays within its bounds, also when every reservation is released. Units that are sold are left out:
    /// <see cref="Reserving.StockRows.LockAndRestore"/> deals with those that a cancellation returns.
    /// </summary>
    private static async Task<bool> Fits(Sql sql, Product before, int delta)
    {
        var after = before.StockQuantity + (long)delta;
        if (after is < 0 or > int.MaxValue)
        {
            return false;
        }

        // All units that were ever put into stock and not removed, sold ones included: where even these fit, no order has to be looked
        // at.
        var everStocked = await sql.QuerySingle<long>("SELECT sum(delta) FROM stock_changes WHERE product_id = @Id", new { before.Id });
        return everStocked + delta <= int.MaxValue || after + await Reserved(sql, before.Id) <= int.MaxValue;
    }

    private static Task<long> Reserved(Sql sql, long id) => sql.QuerySingle<long>(
        """
        SELECT coalesce(sum(quantity), 0)::bigint FROM reservation_lines JOIN reservations USING (order_id)
        WHERE product_id = @id AND state = 'RESERVED'
        """,
        new { id });
}

/// <summary>Units to add, or to remove if negative.</summary>
internal sealed record StockChange([NotZero] int Delta) : IJsonBody<StockChange>;
