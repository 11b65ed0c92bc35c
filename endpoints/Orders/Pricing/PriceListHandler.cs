using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Pricing;

/// <summary>
/// Maintains Orders' replica of the price list, so that an order can be placed while Products is down. A product's events carry a version
/// and may arrive in any order, more than once. The highest version wins, separately for the name, the price and whether the product is on
/// sale: a price change knows no name, and a withdrawal neither name nor price.
/// </summary>
internal sealed class PriceListHandler :
    IHandleMessages<ProductListed>,
    IHandleMessages<ProductPriceChanged>,
    IHandleMessages<ProductWithdrawn>
{
    public Task Handle(ProductListed message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO price_list AS known (product_id, name, name_version, price, price_version, version)
        VALUES (@ProductId, @Name, @Version, @Price, @Version, @Version)
        ON CONFLICT (product_id) DO UPDATE SET
            name = CASE WHEN excluded.version > known.name_version THEN excluded.name ELSE known.name END,
            name_version = GREATEST(excluded.version, known.name_version),
            price = CASE WHEN excluded.version > known.price_version THEN excluded.price ELSE known.price END,
            price_version = GREATEST(excluded.version, known.price_version),
            withdrawn = known.withdrawn AND excluded.version <= known.version,
            version = GREATEST(excluded.version, known.version)
        """,
        message);

    public Task Handle(ProductPriceChanged message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO price_list AS known (product_id, price, price_version, version)
        VALUES (@ProductId, @Price, @Version, @Version)
        ON CONFLICT (product_id) DO UPDATE SET
            price = excluded.price, price_version = excluded.price_version, version = GREATEST(excluded.version, known.version)
        WHERE excluded.price_version > known.price_version
        """,
        message);

    public Task Handle(ProductWithdrawn message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO price_list AS known (product_id, withdrawn, version)
        VALUES (@ProductId, true, @Version)
        ON CONFLICT (product_id) DO UPDATE SET withdrawn = true, version = excluded.version
        WHERE excluded.version > known.version
        """,
        message);
}
