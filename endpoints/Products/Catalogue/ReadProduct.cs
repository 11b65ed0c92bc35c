using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>
/// GET /products/{id}, from the cache if possible. Clients may store the answer but must revalidate it each time (RFC 9111, section
/// 5.2.2.4), so that a client sees its own writes.
/// </summary>
internal static class ReadProduct
{
    internal static async Task<Results<Ok<Product>, StatusCodeHttpResult, ProblemHttpResult>> Handle(
        long id,
        HttpContext http,
        NpgsqlDataSource database,
        ProductCache cache)
    {
        if (await cache.Get(id, () => Read(database, id)) is not { } product)
        {
            return Problems.NotFound();
        }

        http.Response.Headers.ETag = product.ETag().ToString();
        http.Response.Headers.CacheControl = "no-cache";
        return product.IsKnownTo(http.Request.Headers)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(product);
    }

    private static async Task<Product?> Read(NpgsqlDataSource database, long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Product>(
            $"SELECT {Product.Columns} FROM products WHERE id = @id AND withdrawn_at IS NULL",
            new { id });
    }
}
