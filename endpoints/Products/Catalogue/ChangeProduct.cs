using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>PUT /products/{id}: changes name, category and price.</summary>
internal sealed class ChangeProduct
{
    internal static async Task<Results<Ok<Product>, ProblemHttpResult>> Handle(
        long id,
        ChangedProduct body,
        HttpContext http,
        ITransactionalSession session,
        ProductCache cache,
        ILogger<ChangeProduct> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var sql = session.Sql(cancellationToken);
        var (before, problem) = await Product.Lock(sql, id, http.Request.Headers);
        if (problem is not null)
        {
            return problem;
        }

        var after = await sql.QuerySingle<Product>(
            $"""
            UPDATE products SET name = @Name, category = @Category, price = @Price, version = version + 1 WHERE id = @id
            RETURNING {Product.Columns}
            """,
            new { id, body.Name, body.Category, body.Price });
        await session.Publish(EventOf(before, after), cancellationToken);
        await cache.Invalidate([(id, after.Version)]);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.Changed, "Product {ProductId} changed to version {Version}", id, after.Version);
        http.Response.Headers.ETag = after.ETag().ToString();
        return TypedResults.Ok(after);
    }

    // Subscribers such as the cart show the name, and only ProductListed carries it.
    internal static object EventOf(Product before, Product after) =>
        (before.Name, before.Category) == (after.Name, after.Category)
            ? new ProductPriceChanged(after.Id, after.Price, after.Version)
            : new ProductListed(after.Id, after.Name, after.Category, after.Price, after.Version);
}

/// <summary>The new name, category and price.</summary>
internal sealed record ChangedProduct(
    [Text(1, 200)] string Name,
    [Text(1, 100)] string Category,
    [Range(1, int.MaxValue)] int Price) : IJsonBody<ChangedProduct>;
