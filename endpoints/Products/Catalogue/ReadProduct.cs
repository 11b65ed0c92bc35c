using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;
using ShopSaga.Products.Caching;

namespace ShopSaga.Products.Catalogue;

/// <summary>GET /products/{id}: from the cache where it is there.</summary>
internal static class ReadProduct
{
    internal static async Task<Results<Ok<Product>, ProblemHttpResult>> Handle(
        long id,
        HttpResponse response,
        NpgsqlDataSource database,
        ProductCache cache)
    {
        if (await cache.Get(id, () => Read(database, id)) is not { } product)
        {
            return Problems.NotFound();
        }

        response.Headers.ETag = product.ETag().ToString();
        return TypedResults.Ok(product);
    }

    private static async Task<Product?> Read(NpgsqlDataSource database, long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Product>(
            $"SELECT {Product.Columns} FROM products WHERE id = @id AND withdrawn_at IS NULL",
            new { id });
    }
}
