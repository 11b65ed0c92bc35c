using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>DELETE /products/{id}: the product leaves the shop. Orders under way still get what they asked for.</summary>
internal static class WithdrawProduct
{
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        long id,
        ITransactionalSession session,
        ProductCache cache,
        TimeProvider time,
        ILogger<Product> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var version = await session.Sql(cancellationToken).QuerySingleOrDefault<long?>(
            """
            UPDATE products SET withdrawn_at = @now, version = version + 1 WHERE id = @id AND withdrawn_at IS NULL
            RETURNING version
            """,
            new { id, now = time.GetUtcNow() });
        if (version is null)
        {
            return Problems.NotFound();
        }

        await session.Publish(new ProductWithdrawn(id, version.Value), cancellationToken);
        await cache.Invalidate([(id, version.Value)]);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.Withdrawn, "Product {ProductId} is withdrawn from sale", id);
        return TypedResults.NoContent();
    }
}
