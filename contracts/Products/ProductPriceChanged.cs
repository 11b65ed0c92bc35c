namespace ShopSaga.Contracts.Products;

/// <summary>A product has a new price.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Price">Won, at least 1.</param>
/// <param name="Version">Grows with every change of this product; a subscriber ignores versions that are not newer than its own.</param>
public sealed record ProductPriceChanged(long ProductId, int Price, long Version);
