namespace ShopSaga.Orders.Pricing;

/// <summary>How much of a product a request asks for.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Member">The member of the request's body that an error names when the product is not on sale.</param>
internal sealed record WantedLine(long ProductId, int Quantity, string Member);
