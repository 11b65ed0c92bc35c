using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Announcing;

/// <summary>Announce the products whose ids come after this one.</summary>
internal sealed record AnnounceCatalogue(long After);

/// <summary>
/// POST /internal/catalogue/announcements: the whole catalogue is published again, as it stands, for a subscriber that lost what it knew.
/// Whoever knows it already ignores what comes, by its version; so it may be asked for at any time and any number of times.
/// </summary>
/// <remarks>
/// A page is a message, and sends the next page in its own transaction: a crash repeats nothing and leaves nothing out. Products that change
/// meanwhile are announced by their change as well, with a newer version.
/// </remarks>
internal sealed class CatalogueAnnouncer(ILogger<CatalogueAnnouncer> logger) : IHandleMessages<AnnounceCatalogue>
{
    internal const int PageSize = 100;

    internal static async Task<Accepted> Request(ITransactionalSession session, CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        await session.SendLocal(new AnnounceCatalogue(After: 0), cancellationToken);
        await session.Commit(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

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

            // Carts still show the name and the last price of a withdrawn product. As the oldest version that can never bring it back.
            var version = product.IsWithdrawn ? 1 : product.Version;
            await context.Publish(new ProductListed(product.Id, product.Name, product.Category, product.Price, version));
        }

        if (products.Count == PageSize)
        {
            await context.SendLocal(new AnnounceCatalogue(products[^1].Id));
        }

        logger.LogInformation(LogEvents.Announced, "{Count} products after {ProductId} are announced again", products.Count, message.After);
    }

    private sealed record Announced(long Id, string Name, string Category, int Price, long Version, bool IsWithdrawn);
}
