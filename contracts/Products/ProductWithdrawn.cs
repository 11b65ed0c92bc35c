namespace ShopSaga.Contracts.Products;

/// <summary>A product is no longer on sale. Orders already placed go on.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Version">See <see cref="ProductListed.Version"/>.</param>
public sealed record ProductWithdrawn(long ProductId, long Version);
