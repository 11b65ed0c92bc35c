using Microsoft.AspNetCore.Http;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Tests.Unit.Hosting;

[TestFixture]
internal sealed class When_a_list_is_paged
{
    [Test]
    public async Task Should_walk_a_list_to_its_end_with_each_item_once()
    {
        long[] ids = [2, 3, 5, 7, 11, 13, long.MaxValue];
        List<long> seen = [];
        string? cursor = null;
        do
        {
            var page = await PageOf(cursor);
            var rows = ids.Where(id => id > (page.After ?? 0)).Take(page.Fetch).ToList();
            var answer = page.Of(rows, id => id);
            seen.AddRange(answer.Items);
            cursor = answer.NextCursor;
        }
        while (cursor is not null);

        Assert.That(seen, Is.EqualTo(ids));
    }

    [Test]
    public void Should_give_no_cursor_when_the_items_fit_exactly() =>
        Assert.That(new Page(2, null).Of([1L, 2L], id => id).NextCursor, Is.Null);

    private static async Task<Page> PageOf(string? cursor)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = QueryString.Create("limit", "2")
            + (cursor is null ? QueryString.Empty : QueryString.Create("cursor", cursor));
        return (await Page.BindAsync(context, null!))!;
    }
}
