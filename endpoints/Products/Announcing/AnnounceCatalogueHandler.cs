using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Announcing;

/// <summary>
/// Publishes the whole catalogue again, as it stands, for a subscriber that lost its replica. Other subscribers ignore the events by their
/// versions, so this is safe at any time and any number of times.
/// </summary>
/// <remarks>
/// A message is a page, and sends the next page in its own transaction: a crash repeats nothing and leaves nothing out. Products that
/// change meanwhile are also published by their change, with a newer version.
/// </remarks>
internal sealed class AnnounceCatalogueHandler(ILogger<AnnounceCatalogueHandler> logger) : IHandleMessages<AnnounceCatalogue>
{
    internal const int PageSize = 100;

    public async Task Handle(AnnounceCatalogue message, IMessageHandlerContext context)
    {
        var products = await context.Sql().Query<Announced>(
            """
            SELECT id, name, category, price, version, withdrawn_at IS NOT NULL AS is_withdrawn FROM products
            WHERE id > @After ORDER BY id LIMIT @PageSize
            """,
            new { message.After, PageSize });
        foreach (var product in products)
        {
            if (product.IsWithdrawn)
            {
                await context.Publish(new ProductWithdrawn(product.Id, product.Version));
            }

            // Carts still show the name and the last price of a withdrawn product. Version 1 is older than its withdrawal, so it stays
            // withdrawn.
            var version = product.IsWithdrawn ? 1 : product.Version;
            await context.Publish(new ProductListed(product.Id, product.Name, product.Category, product.Price, version));
        }

        if (products.Count == PageSize)
        {
            await context.SendLocal(new AnnounceCatalogue(products[^1].Id));
        }

        logger.LogInformation(LogEvents.Announced, "{Count} products after {ProductId} are published again", products.Count, message.After);
    }

    private sealed record Announced(long Id, string Name, string Category, int Price, long Version, bool IsWithdrawn);
}
