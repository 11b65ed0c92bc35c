namespace ShopSaga.Contracts.Products;

/// <summary>At least one line was short, so nothing was set aside.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Shortages">One entry for each product that was short.</param>
public sealed record StockRejected(long OrderId, IReadOnlyList<Shortage> Shortages);

/// <summary>A product that an order asked for more of than there was.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Requested">Pieces the order asked for.</param>
/// <param name="Available">Pieces there were.</param>
public sealed record Shortage(long ProductId, int Requested, int Available);
