using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ShopSaga.Load.RawShop;

/// <summary>
/// The whole order as the least hand-written code: five services of the raw loop, the door and the provider in one process. It does the
/// same work with the same guarantees as the shop for an order that is confirmed, and shows how far the shop is from what the servers can
/// give.
/// <code>
///   POST /orders ─► Orders ─ OrderPlaced ─► Products ─ StockReserved ─► Payments ─ ChargePayment ─► POST /charges
///                     ▲                                                                 │
///                     └──────── PaymentCompleted, to Settlement too ────────────────────┘
///                   Orders ─ OrderConfirmed ─► Products ─ StockCommitted ─► Orders
///                   Users follows OrderPlaced and OrderConfirmed
/// </code>
/// Left out: gateway, authentication, validation, idempotency keys, the cache of products, expiry and every other cancellation, declines,
/// shortages, retries, the error queue, the clean-up of inbox and outbox, logs, metrics and traces. A failure ends the process.
/// </summary>
internal static class RawShopHost
{
    /// <summary>Runs until the input ends. Writes the address of the door as its only line.</summary>
    public static async Task Run()
    {
        await using var broker = await Servers.Connect();
        var orders = (await RawService.Start(broker, RawDatabases.Orders, "raw.orders")).WithOrders();
        var products = (await RawService.Start(broker, RawDatabases.Products, "raw.products")).WithProducts();
        var payments = (await RawService.Start(broker, RawDatabases.Payments, "raw.payments")).WithPayments();
        var settlement = (await RawService.Start(broker, RawDatabases.Settlement, "raw.settlement")).WithSettlement();
        var users = (await RawService.Start(broker, RawDatabases.Users, "raw.users")).WithUsers();
        await using var door = await OpenDoor(orders);
        using var provider = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(door.Urls.Single()) };
        RawService[] services =
            [orders, products, payments, payments.Apart("raw.charges").WithCharges(provider), settlement, users];
        foreach (var service in services)
        {
            await service.Declare();
        }

        foreach (var service in services)
        {
            await service.Consume();
        }

        await Console.Out.WriteLineAsync(door.Urls.Single());
        await await Task.WhenAny([Console.In.ReadToEndAsync(), .. services.Select(service => service.Endpoint.Failure())]);
    }

    private static async Task<WebApplication> OpenDoor(RawService orders)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        // The customer's id stands in the place of the token.
        app.MapPost("/orders", async (RawOrder order, [FromHeader] string authorization) =>
        {
            var id = await orders.Place(long.Parse(authorization["Bearer ".Length..], CultureInfo.InvariantCulture), order);
            return TypedResults.Accepted($"/orders/{id}", new { id });
        });
        var provider = new RawProvider(NpgsqlDataSource.Create(RawDatabases.ConnectionString(RawDatabases.Provider)));
        app.MapPost("/charges", (RawChargeRequest request, [FromHeader(Name = RawProvider.KeyHeader)] string key) =>
            provider.Charge(request, key));
        await app.StartAsync();
        return app;
    }
}
