using Microsoft.AspNetCore.Http.HttpResults;
using ShopSaga.Hosting.Database;

namespace ShopSaga.Products.Announcing;

/// <summary>POST /internal/catalogue/announcements: publishes the whole catalogue again. The gateway has no such route.</summary>
internal static class AnnounceAgain
{
    internal static async Task<Accepted> Handle(ITransactionalSession session, CancellationToken cancellationToken)
    {
        await session.Open(cancellationToken);
        await session.SendLocal(new AnnounceCatalogue(After: 0), cancellationToken);
        await session.Commit(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }
}
