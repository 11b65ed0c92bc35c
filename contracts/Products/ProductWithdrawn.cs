namespace ShopSaga.Contracts.Products;

/// <summary>A product left the shop. Orders under way go on.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Version">Grows with every change of this product; a reader ignores what is older than what it has.</param>
public sealed record ProductWithdrawn(long ProductId, long Version);
