using ShopSaga.Hosting;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Products;
using ShopSaga.Products.Announcing;
using ShopSaga.Products.Caching;
using ShopSaga.Products.Catalogue;
using ShopSaga.Products.Reserving;

var builder = ServiceHost.CreateBuilder(args);
builder.AddProductCache();
builder.Services.AddSingleton<StockRows>();
builder.AddEndpoint("Products", endpoint => endpoint.AddHandlers(builder.Configuration));

var app = builder.Build();
app.UseServiceDefaults();
app.MapCatalogue();
app.MapAnnouncing();
app.Run();
