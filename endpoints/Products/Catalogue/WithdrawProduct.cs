using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>DELETE /products/{id}: withdraws the product from sale. Orders already placed still get it.</summary>
internal sealed class WithdrawProduct
{
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        long id,
        HttpRequest request,
        ITransactionalSession session,
        ProductCache cache,
        TimeProvider time,
        ILogger<WithdrawProduct> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var (_, problem) = await Product.Lock(sql, id, request.Headers);
        if (problem is not null)
        {
            return problem;
        }

        var version = await sql.QuerySingle<long>(
            "UPDATE products SET withdrawn_at = @now, version = version + 1 WHERE id = @id RETURNING version",
            new { id, now = time.GetUtcNow() });
        await session.Publish(new ProductWithdrawn(id, version), cancellationToken);
        await cache.Invalidate([(id, version)]);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.Withdrawn, "Product {ProductId} is withdrawn from sale", id);
        return TypedResults.NoContent();
    }
}
