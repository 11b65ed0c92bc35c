using ShopSaga.Hosting;
using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Messaging;
using ShopSaga.Products.Announcing;
using ShopSaga.Products.Caching;
using ShopSaga.Products.Catalogue;
using ShopSaga.Products.Committing;
using ShopSaga.Products.Releasing;
using ShopSaga.Products.Reserving;

var builder = ServiceHost.CreateBuilder(args);
var redis = new RedisConnection(builder.Configuration.Required("ConnectionStrings:Redis"));
builder.Services.AddSingleton(_ => redis);
builder.Services.AddSingleton<ProductCache>();
builder.Services.AddSingleton<Shelf>();
builder.AddEndpoint("Products", endpoint =>
{
    endpoint.AddHandler<ReserveStock>();
    endpoint.AddHandler<ReleaseStock>();
    endpoint.AddHandler<CommitStock>();
    endpoint.AddHandler<CatalogueAnnouncer>();
});

var app = builder.Build();
app.UseServiceDefaults();
app.MapCatalogue();
app.MapPost("/internal/catalogue/announcements", CatalogueAnnouncer.Request).RequireAdmin().ExcludeFromDescription();
app.Run();
