using ShopSaga.Hosting.Authentication;
using ShopSaga.Hosting.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Settlement.Reconciling;

internal static class ReconcilingRoutes
{
    public static void MapReconciling(this IEndpointRouteBuilder app) =>
        app.MapGet("/settlements/reconciliation/{date}", Reconciler.Handle).RequireAdmin()
            .Describe("reconcile", "Compares provider, Payments and ledger for a day, stores the result and publishes any differences")
            .OffersCsv((Reconciliation reconciliation) => reconciliation.Differences, reconciliation => reconciliation.NextCursor)
            .Refuses(400);
}
