using ShopSaga.Contracts.Products;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Orders.Pricing;

/// <summary>
/// Keeps Orders' own copy of the price list, so that an order can be placed while Products is down. Each product's events carry a version;
/// they may arrive in any order and more than once, and the newest wins.
/// </summary>
internal sealed class PriceList :
    IHandleMessages<ProductListed>,
    IHandleMessages<ProductPriceChanged>,
    IHandleMessages<ProductWithdrawn>
{
    public Task Handle(ProductListed message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO price_list AS known (product_id, name, name_version, price, version)
        VALUES (@ProductId, @Name, @Version, @Price, @Version)
        ON CONFLICT (product_id) DO UPDATE SET
            name = CASE WHEN excluded.version > known.name_version THEN excluded.name ELSE known.name END,
            name_version = GREATEST(excluded.version, known.name_version),
            price = CASE WHEN excluded.version > known.version THEN excluded.price ELSE known.price END,
            withdrawn = known.withdrawn AND excluded.version <= known.version,
            version = GREATEST(excluded.version, known.version)
        """,
        message);

    public Task Handle(ProductPriceChanged message, IMessageHandlerContext context) => context.Sql().Execute(
        """
        INSERT INTO price_list AS known (product_id, price, version)
        VALUES (@ProductId, @Price, @Version)
        ON CONFLICT (product_id) DO UPDATE SET price = excluded.price, version = excluded.version
        WHERE excluded.version > known.version
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
