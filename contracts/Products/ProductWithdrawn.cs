namespace ShopSaga.Contracts.Products;

/// <summary>A product is no longer on sale. Orders already placed go on.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Version">Grows with every change of this product; a subscriber ignores versions that are not newer than its own.</param>
public sealed record ProductWithdrawn(long ProductId, long Version);
