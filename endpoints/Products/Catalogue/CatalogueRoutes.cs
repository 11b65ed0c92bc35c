using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Products.Catalogue;

/// <summary>What anybody may read and the admin may change.</summary>
internal static class CatalogueRoutes
{
    private const string IfMatch = "Only if the version is still this one.";

    public static void MapCatalogue(this IEndpointRouteBuilder app)
    {
        var products = app.MapGroup("/products");
        products.MapGet("", BrowseProducts.Handle)
            .Describe("browseProducts", "What is on sale")
            .TakesText("category", "Only products of exactly this category.")
            .TakesText("q", "A part of the name, in small or capital letters.");
        products.MapGet("{id:long}", ReadProduct.Handle)
            .Describe("readProduct", "A product")
            .TakesHeader("If-None-Match", "Only if the version is not this one any more: else a 304 without a body.")
            .Produces(StatusCodes.Status304NotModified)
            .AnswersHeader("ETag", "The version.");
        products.MapPost("", ListProduct.Handle).RequireAdmin()
            .Describe("listProduct", "Puts a product on sale", new NewProduct("Keyboard", "Peripherals", 59_000, 25))
            .AnswersHeader("ETag", "The version.");
        products.MapPut("{id:long}", ChangeProduct.Handle).RequireAdmin()
            .Describe("changeProduct", "Changes name, category and price", new ChangedProduct("Keyboard", "Peripherals", 49_000))
            .TakesHeader("If-Match", IfMatch)
            .AnswersHeader("ETag", "The version.")
            .Refuses(412);
        products.MapPost("{id:long}/stock", ChangeStock.Handle).RequireAdmin()
            .Describe("changeStock", "Adds to the stock, or takes from it", new StockChange(10))
            .TakesHeader("If-Match", IfMatch)
            .AnswersHeader("ETag", "The version.")
            .Refuses(409, "conflict")
            .Refuses(412);
        products.MapDelete("{id:long}", WithdrawProduct.Handle).RequireAdmin()
            .Describe("withdrawProduct", "Takes a product off sale")
            .TakesHeader("If-Match", IfMatch)
            .Refuses(412);
    }
}
