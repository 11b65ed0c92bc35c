namespace ShopSaga.Web.Live;

/// <summary>
/// Tells the front page of a local run which order to follow: the last one that was placed or cancelled on this instance's pages.
/// </summary>
internal sealed class LatestOrder
{
    public event Action<long>? Changed;

    public void Follow(long id) => Changed?.Invoke(id);
}
