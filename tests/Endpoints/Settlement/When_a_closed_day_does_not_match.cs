using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using ShopSaga.Settlement.Reconciling;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

internal sealed class When_a_closed_day_does_not_match
{
    private const int PatienceMs = 60_000;

    [Test]
    public async Task Should_be_noticed_without_asking_and_shown_until_somebody_has_put_it_right()
    {
        var time = new SettableTime(At("2024-03-02T03:00:00Z"));
        await using var books = await ThreeBooks.Open(new() { ["Settlement:CheckEvery"] = "00:00:00.05" }, time);
        var date = Date("2024-03-01");
        await books.Capture(Book.Provider, 1, 500, date);
        await books.Capture(Book.Payments, 1, 500, date);
        await books.Capture(Book.Ledger, 1, 500, date);
        await books.Capture(Book.Provider, 2, 700, date);
        await books.Capture(Book.Payments, 2, 700, date);

        using var closed = await books.Admin.PostAsync("/settlements/daily/2024-03-01/close", null);
        Assert.That(closed.IsSuccessStatusCode);

        using var anybody = books.Settlement.Anybody();
        Assert.That(Check, Is.EqualTo("Degraded").After(PatienceMs, 20));
        await using var database = new NpgsqlConnection(books.Settlement.Database);
        Assert.That(
            await database.QueryAsync<(string, long, long)>("SELECT DISTINCT kind, order_id, provider_amount FROM differences"),
            Is.EqualTo(new[] { ("MISSING_IN_LEDGER", 2L, 700L) }));

        await books.Capture(Book.Ledger, 2, 700, date);
        time.Now += TimeSpan.FromHours(1);
        Assert.That(Check, Is.EqualTo("Healthy").After(PatienceMs, 20));

        async Task<string?> Check() => (string?)(await anybody.GetFromJsonAsync<JsonNode>("/health/ready"))!["checks"]!["reconciliation"];
    }
}
