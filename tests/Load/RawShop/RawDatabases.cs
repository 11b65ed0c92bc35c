using Npgsql;
using ShopSaga.Load.Shop;

namespace ShopSaga.Load.RawShop;

/// <summary>
/// The raw shop's databases, with the tables of the services: their schema scripts create them, so rows, constraints and indexes are the
/// same.
/// </summary>
internal static class RawDatabases
{
    public const string Orders = "raw_orders";
    public const string Products = "raw_products";
    public const string Payments = "raw_payments";
    public const string Settlement = "raw_settlement";
    public const string Users = "raw_users";
    public const string Provider = "raw_provider";

    private static readonly Dictionary<string, string> Schemas = new()
    {
        [Orders] = "endpoints/Orders/Schema",
        [Products] = "endpoints/Products/Schema",
        [Payments] = "endpoints/Payments/Schema",
        [Settlement] = "endpoints/Settlement/Schema",
        [Users] = "endpoints/Users/Schema",
        [Provider] = "infra/psp/Schema",
    };

    public static IReadOnlyCollection<string> All => Schemas.Keys;

    /// <summary>With the settings that the services connect with.</summary>
    public static string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(Servers.Database(database)) { AutoPrepareMinUsages = 2, NoResetOnClose = true }.ConnectionString;

    /// <summary>Creates them, with as many products as the shop has that this one is compared with.</summary>
    public static async Task Create()
    {
        foreach (var (database, folder) in Schemas)
        {
            await Servers.CreateDatabase(database);
            foreach (var script in Repository.FilesIn(folder, ".sql"))
            {
                await Servers.Execute(database, Repository.Read(script));
            }
        }

        await Servers.Execute(Payments, RawPayments.Schema);
        await Servers.Execute(Products, $"""
            INSERT INTO products (name, category, price, stock_quantity, listed_at)
            SELECT 'Product ' || number, 'bench', 1000, {OpenShop.Stock}, now() FROM generate_series(1, {OpenShop.Products}) AS number
            """);
        await Servers.Execute(Orders, $"""
            INSERT INTO price_list (product_id, name, name_version, price, version, price_version)
            SELECT number, 'Product ' || number, 1, 1000, 1, 1 FROM generate_series(1, {OpenShop.Products}) AS number
            """);
    }

    /// <summary>Waits until every order has had its effect in all services, exactly once: no figure counts otherwise.</summary>
    public static async Task Verify()
    {
        var orders = await Servers.Count(Orders, "SELECT count(*) FROM orders");
        foreach (var (database, count) in (IEnumerable<(string, string)>)
        [
            (Orders, "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'"),
            (Orders, "SELECT count(*) / 5 FROM order_events"),
            (Orders, "SELECT count(*) / 2 FROM order_changes"),
            (Products, "SELECT count(*) FROM reservations JOIN reservation_lines USING (order_id) WHERE state = 'COMMITTED'"),
            (Products, $"SELECT sum({OpenShop.Stock} - stock_quantity) FROM products"),
            (Payments, "SELECT count(*) FROM payments WHERE status = 'COMPLETED' AND charges_sent = 1"),
            (Settlement, "SELECT count(*) FROM entries"),
            (Settlement, "SELECT sum(payment_count) FROM daily_totals"),
            (Users, "SELECT count(*) FROM orders_of_users WHERE is_final AND user_id IS NOT NULL"),
            (Provider, "SELECT count(*) FROM charges WHERE status = 'CHARGED'"),
        ])
        {
            await Eventually.Get(
                () => Servers.Count(database, count), found => found == orders, $"{orders} orders in {database}: {count}");
        }
    }
}
