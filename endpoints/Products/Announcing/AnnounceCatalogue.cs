namespace ShopSaga.Products.Announcing;

/// <summary>Command: publish the products whose ids come after this one again.</summary>
internal sealed record AnnounceCatalogue(long After);
