using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement.Reconciling;

internal static class ReconcilingRoutes
{
    public static void MapReconciling(this IEndpointRouteBuilder app) =>
        app.MapGet("/settlements/reconciliation/{date}", Reconciler.Handle).RequireAdmin()
            .Describe("reconcile", "Compares the provider's books of a day with payments and the ledger")
            .OffersCsv((Reconciliation reconciliation) => reconciliation.Differences, reconciliation => reconciliation.NextCursor)
            .Refuses(400);
}
