namespace ShopSaga.Products.Announcing;

/// <summary>Command: publish again the products with ids above <paramref name="After"/>.</summary>
internal sealed record AnnounceCatalogue(long After);
