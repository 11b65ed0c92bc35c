namespace ShopSaga.Contracts.Products;

/// <summary>
/// A product went on sale, has a new name or category, or is announced again. An announcement of a withdrawn product has version 1, which
/// is older than its withdrawal: versions decide, not the order of arrival.
/// </summary>
/// <param name="ProductId">The product.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Category">1 to 100 characters.</param>
/// <param name="Price">Won, at least 1.</param>
/// <param name="Version">Grows with every change of this product; a subscriber ignores versions that are not newer than its own.</param>
public sealed record ProductListed(long ProductId, string Name, string Category, int Price, long Version);
