namespace ShopSaga.Contracts.Products;

/// <summary>At least one line was short, so Products reserved none of them.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Shortages">One entry for each product that was short.</param>
public sealed record StockRejected(long OrderId, IReadOnlyList<Shortage> Shortages);

/// <summary>A product of which an order asked for more than there was.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Requested">Units the order asked for.</param>
/// <param name="Available">Units in stock.</param>
public sealed record Shortage(long ProductId, int Requested, int Available);
