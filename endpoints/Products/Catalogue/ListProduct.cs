using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Products.Catalogue;

/// <summary>POST /products: puts a product on sale.</summary>
internal sealed class ListProduct
{
    internal static async Task<Created<Product>> Handle(
        NewProduct body,
        HttpResponse response,
        ITransactionalSession session,
        TimeProvider time,
        ILogger<ListProduct> logger,
        CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        var product = await session.Sql(cancellationToken).QuerySingle<Product>(
            $"""
            WITH product AS (
                INSERT INTO products (name, category, price, stock_quantity, listed_at)
                VALUES (@Name, @Category, @Price, @StockQuantity, @now)
                RETURNING *),
            first_stock AS (
                INSERT INTO stock_changes (product_id, delta, changed_at)
                SELECT id, stock_quantity, listed_at FROM product)
            SELECT {Product.Columns} FROM product
            """,
            new { body.Name, body.Category, body.Price, body.StockQuantity, now = time.GetUtcNow() });
        await session.Publish(
            new ProductListed(product.Id, product.Name, product.Category, product.Price, product.Version),
            cancellationToken);
        await session.Commit(cancellationToken);
        logger.LogInformation(LogEvents.Listed, "Product {ProductId} is on sale", product.Id);
        response.Headers.ETag = product.ETag().ToString();
        return TypedResults.Created($"/products/{product.Id}", product);
    }
}

/// <summary>A product to put on sale.</summary>
internal sealed record NewProduct(
    [Text(1, 200)] string Name,
    [Text(1, 100)] string Category,
    [Range(1, int.MaxValue)] int Price,
    [Range(0, int.MaxValue)] int StockQuantity) : IJsonBody<NewProduct>;
