using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Products;

/// <summary>A product that is on sale.</summary>
/// <param name="Id">The product's id.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Category">1 to 100 characters.</param>
/// <param name="Price">Won, at least 1.</param>
/// <param name="StockQuantity">Units that can be ordered.</param>
/// <param name="Version">Grows with every change, stock included; it is the ETag.</param>
internal sealed record Product(long Id, string Name, string Category, int Price, int StockQuantity, long Version)
{
    /// <summary>The columns of this record.</summary>
    public const string Columns = "id, name, category, price, stock_quantity, version";

    /// <summary>
    /// Locks the product until the transaction ends. Gives a problem if it is not on sale, or if the request's conditions do not allow a
    /// change of this version; then the product is not to be used.
    /// </summary>
    public static async Task<(Product Product, ProblemHttpResult? Problem)> Lock(Sql sql, long id, IHeaderDictionary request)
    {
        var product = await sql.QuerySingleOrDefault<Product>(
            $"SELECT {Columns} FROM products WHERE id = @id AND withdrawn_at IS NULL FOR NO KEY UPDATE",
            new { id });
        return product is null ? (null!, Problems.NotFound())
            : product.Satisfies(request) ? (product, null)
            : (product, Problems.OfStatus(StatusCodes.Status412PreconditionFailed));
    }

    /// <summary>The entity tag of this version (RFC 9110, section 8.8.3).</summary>
    public EntityTagHeaderValue ETag() => new($"\"{Version}\"");

    /// <summary>Whether the client has this version already (RFC 9110, section 13.1.2).</summary>
    public bool IsKnownTo(IHeaderDictionary request) => IsAmong(request.IfNoneMatch, useStrongComparison: false);

    /// <summary>Whether the request's conditions allow a change of this version (RFC 9110, sections 13.1.1 and 13.2.2).</summary>
    private bool Satisfies(IHeaderDictionary request) =>
        (request.IfMatch.Count == 0 || IsAmong(request.IfMatch, useStrongComparison: true)) && !IsKnownTo(request);

    private bool IsAmong(StringValues given, bool useStrongComparison) =>
        EntityTagHeaderValue.TryParseList(given, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(ETag(), useStrongComparison));
}
