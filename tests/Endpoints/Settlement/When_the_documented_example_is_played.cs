using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ShopSaga.Settlement.Reporting;
using static ShopSaga.Tests.Endpoints.Settlement.TestBooks;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>Plays the example of docs/settlement.md and compares the books with those printed there.</summary>
internal sealed class When_the_documented_example_is_played
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    [Test]
    public async Task Should_yield_the_documented_books()
    {
        var example = Repository.Read("docs/settlement.md").Split("## An example")[1];
        var written = example.Split("```csv\n").Skip(1).Select(block => block.Split("```")[0].ReplaceLineEndings("\r\n")).ToList();
        await using var books = await TestBooks.Open();
        var rows = example.Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(
            line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
        foreach (var row in rows)
        {
            await Play(books, row);
        }

        var days = await SettlementPeriod.Read(books.Database.Source, Date("2026-02-01"), Date("2026-03-31"), CancellationToken.None);
        var entries = await books.Database.Query<Entry>(
            "SELECT kind, fact, payment_id, amount, business_date, report_date FROM entries ORDER BY id");
        Assert.That(
            new[]
            {
                Csv.Write([days.Day(Date("2026-02-27")), days.Day(Date("2026-02-28")), days.Day(Date("2026-03-01"))], Json),
                Csv.Write([days.Month(ShopSaga.Settlement.Month.Of(Date("2026-02-01")))], Json),
                Csv.Write(entries, Json),
            },
            Is.EqualTo(written));
    }

    private static async Task Play(TestBooks books, string[] row)
    {
        switch (row[0].Split(' '))
        {
            case ["close", var first, "to", var last]:
                await books.Close(first, last);
                break;
            case ["close", var day]:
                await books.Close(Date(day));
                break;
            case ["CAPTURE"]:
                await books.Handle(Completed(Number(row[1]), Number(row[2]), row[3] + "+09:00"));
                break;
            case ["REFUND"]:
                await books.Handle(Refunded(Number(row[1]), Number(row[2]), row[3] + "+09:00"));
                break;
            default:
                Assert.Fail($"The example has an unknown step: {row[0]}");
                break;
        }
    }

    private static long Number(string text) => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Entry(string Kind, string Fact, long PaymentId, long Amount, DateOnly BusinessDate, DateOnly ReportDate);
}
