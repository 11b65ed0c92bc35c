namespace ShopSaga.Contracts.Products;

/// <summary>A product has a new price.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Price">Won, at least 1.</param>
/// <param name="Version">See <see cref="ProductListed.Version"/>.</param>
public sealed record ProductPriceChanged(long ProductId, int Price, long Version);
