using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Products.Announcing;
using ShopSaga.Products.Caching;
using ShopSaga.Products.Catalogue;
using ShopSaga.Products.Committing;
using ShopSaga.Products.Releasing;
using ShopSaga.Products.Reserving;

var builder = ServiceHost.CreateBuilder(args);
builder.AddProductCache();
builder.Services.AddSingleton<StockRows>();
builder.AddEndpoint("Products", endpoint =>
{
    endpoint.AddReserving(builder.Configuration);
    endpoint.AddHandler<ReleaseStockHandler>();
    endpoint.AddHandler<CommitStockHandler>();
    endpoint.AddHandler<AnnounceCatalogueHandler>();
});

var app = builder.Build();
app.UseServiceDefaults();
app.MapCatalogue();
app.MapAnnouncing();
app.Run();
