using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Queues;

/// <summary>GET /operations/queues</summary>
internal static class QueueRoutes
{
    public static void AddQueues(this WebApplicationBuilder builder)
    {
        var management = new BrokerManagement(builder.Configuration);
        builder.Services.AddSingleton(_ => management);
    }

    public static void MapQueues(this IEndpointRouteBuilder routes) =>
        routes.MapGet("queues", Handle).Describe("readQueues", "The broker's queues with their lengths and rates");

    private static async Task<Results<Ok<ItemsOf<QueueState>>, ProblemHttpResult>> Handle(
        BrokerManagement management, CancellationToken cancellationToken)
    {
        if (!management.IsConfigured)
        {
            return Problems.Unavailable("Broker:Management is not set, so the queues are unknown.");
        }

        try
        {
            return TypedResults.Ok(new ItemsOf<QueueState>(await management.Queues(cancellationToken), NextCursor: null));
        }
        catch (Exception silent)
            when (silent is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return Problems.Unavailable("The broker's management API does not answer.");
        }
    }
}
