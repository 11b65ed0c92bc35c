using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Products.Catalogue;

/// <summary>The catalogue: everyone may read it, administrators may change it.</summary>
internal static class CatalogueRoutes
{
    private const string IfMatch = "Changes the product only while its version is this one.";

    public static void MapCatalogue(this IEndpointRouteBuilder app)
    {
        var products = app.MapGroup("/products");
        products.MapGet("", BrowseProducts.Handle)
            .Describe("browseProducts", "The products on sale")
            .TakesText("category", "Only products of exactly this category.")
            .TakesText("q", "A part of the name; case is ignored.");
        products.MapGet("{id:long}", ReadProduct.Handle)
            .Describe("readProduct", "A product")
            .TakesHeader("If-None-Match", "Answers 304 without a body while the version is still this one.")
            .Produces(StatusCodes.Status304NotModified)
            .ReturnsHeader("ETag", "The version.");
        products.MapPost("", ListProduct.Handle).RequireAdmin()
            .Describe("listProduct", "Puts a product on sale", new NewProduct("Keyboard", "Peripherals", 59_000, 25))
            .ReturnsHeader("ETag", "The version.");
        products.MapPut("{id:long}", ChangeProduct.Handle).RequireAdmin()
            .Describe("changeProduct", "Changes name, category and price", new ChangedProduct("Keyboard", "Peripherals", 49_000))
            .TakesHeader("If-Match", IfMatch)
            .ReturnsHeader("ETag", "The version.")
            .Refuses(412);
        products.MapPost("{id:long}/stock", ChangeStock.Handle).RequireAdmin()
            .Describe("changeStock", "Adds to the stock, or removes from it", new StockChange(10))
            .TakesHeader("If-Match", IfMatch)
            .ReturnsHeader("ETag", "The version.")
            .Refuses(409, "conflict")
            .Refuses(412);
        products.MapDelete("{id:long}", WithdrawProduct.Handle).RequireAdmin()
            .Describe("withdrawProduct", "Withdraws a product from sale")
            .TakesHeader("If-Match", IfMatch)
            .Refuses(412);
    }
}
