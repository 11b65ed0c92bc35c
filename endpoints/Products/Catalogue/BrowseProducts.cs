using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Products.Catalogue;

/// <summary>GET /products: the products on sale, oldest first, by category and by a part of the name.</summary>
internal static class BrowseProducts
{
    // strpos takes the text literally, where LIKE would see wildcards. The ICU collation lower-cases every language, independent of the
    // locale that the database was created with.
    private const string Sql =
        $"""
        SELECT {Product.Columns} FROM products
        WHERE withdrawn_at IS NULL
            AND (@category IS NULL OR category = @category)
            AND (@q IS NULL OR strpos(lower(name COLLATE "und-x-icu"), lower(@q COLLATE "und-x-icu")) > 0)
            AND id > @after
        ORDER BY id LIMIT @limit
        """;

    internal static async Task<Ok<ItemsOf<Product>>> Handle(
        Page page,
        HttpRequest request,
        NpgsqlDataSource database,
        CancellationToken cancellationToken)
    {
        var (category, q) = (request.Text("category"), request.Text("q"));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var products = await connection.QueryAsync<Product>(new CommandDefinition(
            Sql,
            new { category, q, after = page.After ?? 0, limit = page.Fetch },
            cancellationToken: cancellationToken));
        return TypedResults.Ok(page.Of([.. products], product => product.Id));
    }
}
