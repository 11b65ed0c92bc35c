using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Pricing;

/// <summary>What the wanted products cost now. The order is charged at these prices, even if the price list changes later.</summary>
internal sealed record Quote(IReadOnlyList<QuotedLine> Lines)
{
    /// <summary>The sum over the lines.</summary>
    public long TotalAmount { get; } = checked(Lines.Sum(line => (long)line.UnitPrice * line.Quantity));

    /// <summary>Prices the lines.</summary>
    /// <exception cref="InvalidRequestException">A product is not on sale; its line's member is named.</exception>
    public static async Task<Quote> For(IReadOnlyCollection<WantedLine> wanted, Sql sql)
    {
        var onSale = (await sql.Query<(long ProductId, string Name, int Price)>(
            "SELECT product_id, name, price FROM price_list WHERE product_id = ANY(@Ids) AND name IS NOT NULL AND NOT withdrawn",
            new { Ids = wanted.Select(line => line.ProductId).ToArray() }))
            .ToDictionary(product => product.ProductId);
        var missing = wanted.Where(line => !onSale.ContainsKey(line.ProductId)).ToList();
        if (missing.Count > 0)
        {
            throw new InvalidRequestException(
                missing.ToDictionary(line => line.Member, line => new[] { $"Product {line.ProductId} is not on sale." }));
        }

        return new Quote([.. wanted.Select(line =>
            new QuotedLine(line.ProductId, onSale[line.ProductId].Name, line.Quantity, onSale[line.ProductId].Price))]);
    }
}

/// <summary>One product of a quote.</summary>
internal sealed record QuotedLine(long ProductId, string Name, int Quantity, int UnitPrice);
