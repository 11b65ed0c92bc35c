using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Tests.Unit.Settlement;

internal sealed class When_a_report_is_written_as_csv
{
    private static readonly JsonSerializerOptions Web =
        new(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    [TestCase("plain", "plain")]
    [TestCase("", "")]
    [TestCase("a,b", "\"a,b\"")]
    [TestCase("say \"hello\"", "\"say \"\"hello\"\"\"")]
    [TestCase("two\r\nlines", "\"two\r\nlines\"")]
    [TestCase(" spaces stay ", " spaces stay ")]
    [TestCase("=1+1", "'=1+1")]
    [TestCase("+1", "'+1")]
    [TestCase("-1", "'-1")]
    [TestCase("@SUM(A1)", "'@SUM(A1)")]
    [TestCase("\t=1", "'\t=1")]
    [TestCase("\r=1", "\"'\r=1\"")]
    [TestCase("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    [TestCase("a=1", "a=1")]
    public void Should_quote_text_and_escape_formulas(string text, string field) =>
        Assert.That(Csv.Write([new Row(text, 1, null)], Web), Is.EqualTo($"someText,number,maybe\r\n{field},1,\r\n"));

    [Test]
    public void Should_leave_negative_numbers_as_they_are() =>
        Assert.That(Csv.Write([new Row("x", -5_000_000_000, -1)], Web), Is.EqualTo("someText,number,maybe\r\nx,-5000000000,-1\r\n"));

    [Test]
    public void Should_have_a_header_even_without_rows() => Assert.That(Csv.Write<Row>([], Web), Is.EqualTo("someText,number,maybe\r\n"));

    [TestCase("text/csv", true)]
    [TestCase("Text/CSV", true)]
    [TestCase("text/csv; header=present; charset=utf-8", true)]
    [TestCase("text/*", true)]
    [TestCase("text/csv, */*;q=0.1", true)]
    [TestCase("application/json;q=0.5, text/csv", true)]
    [TestCase("text/html, text/csv;q=0.9, application/json;q=0.8", true)]
    [TestCase("text/csv;q=0", false)]
    [TestCase("text/csv;q=0.5, application/json", false)]
    [TestCase("application/json, text/csv", false)]
    [TestCase("*/*", false)]
    [TestCase("text/html", false)]
    [TestCase("nonsense", false)]
    [TestCase("", false)]
    public void Should_be_written_for_requests_that_prefer_it(string accept, bool preferred)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = accept;

        Assert.That(Csv.IsPreferred(request), Is.EqualTo(preferred));
    }

    private sealed record Row(string SomeText, long Number, long? Maybe);
}
