using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Products.Catalogue;

/// <summary>What anybody may read and the admin may change.</summary>
internal static class CatalogueRoutes
{
    public static void MapCatalogue(this IEndpointRouteBuilder app)
    {
        var products = app.MapGroup("/products");
        products.MapGet("", BrowseProducts.Handle);
        products.MapGet("{id:long}", ReadProduct.Handle);
        products.MapPost("", ListProduct.Handle).RequireAdmin();
        products.MapPut("{id:long}", ChangeProduct.Handle).RequireAdmin();
        products.MapPost("{id:long}/stock", ChangeStock.Handle).RequireAdmin();
        products.MapDelete("{id:long}", WithdrawProduct.Handle).RequireAdmin();
    }
}
