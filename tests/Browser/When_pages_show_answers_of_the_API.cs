using Bunit;
using ShopSaga.Tests.Browser.Support;
using ShopSaga.Web.Administration;
using ShopSaga.Web.ControlRoom;

namespace ShopSaga.Tests.Browser;

/// <summary>Pages without a browser, with answers that a healthy system does not give.</summary>
public class When_pages_show_answers_of_the_API : ComponentFixture
{
    [TestCase("https://servicepulse.example/")]
    [TestCase(null)]
    public void Should_lead_to_ServicePulse_where_it_is_configured(string? address)
    {
        StandInGateway.Answer(Context, new()
        {
            ["/operations/services"] = """{"items":[]}""",
            ["/operations/failed-messages/groups"] = $$"""
                {"items":[],"messages":0,"isPartial":false,"readAt":"2026-11-22T05:59:28Z","isConsumed":true,"servicePulse":{{(
                    address is null ? "null" : $"\"{address}\"")}}}
                """,
        });

        var room = Context.Render<Room>();

        room.WaitForAssertion(
            () => Assert.That(room.Markup, Does.Contain("ServiceControl takes failed messages")), Eventually.Limit);
        Assert.That(room.FindAll("a").Select(link => link.GetAttribute("href")), Is.EqualTo(address is null ? [] : new[] { address }));
    }

    [Test]
    public void Should_explain_each_difference_of_the_books()
    {
        StandInGateway.Answer(Context, new()
        {
            ["/settlements/reconciliation/"] = """
                {"date":"2026-11-22","matched":5,"nextCursor":null,"differences":[
                {"kind":"AMOUNT_DIFFERS","orderId":7,"paymentId":8,"providerAmount":1000,"paymentAmount":2000,"ledgerAmount":2000},
                {"kind":"ONLY_AT_PROVIDER","orderId":null,"paymentId":null,"providerAmount":3000,"paymentAmount":null,"ledgerAmount":null}]}
                """,
        });

        var page = Context.Render<ReconciliationPage>();

        page.WaitForAssertion(() => Assert.That(page.FindAll("tbody tr"), Has.Count.EqualTo(2)), Eventually.Limit);
        Assert.That(page.Find("[role=status]").TextContent, Does.Contain("5 captures and refunds agree.").And.Contain("2 do not:"));
        Assert.That(page.FindAll("tbody tr").Select(row => string.Join('|', row.Children.Select(cell => cell.TextContent.Trim()))),
            Is.EqualTo(new[] { "the amounts differ|7|8|₩1,000|₩2,000|₩2,000", "only the provider has it|||₩3,000|–|–" }));
        Assert.That(page.FindAll("tbody a").Select(link => link.GetAttribute("href")),
            Is.EqualTo(new[] { "/shop/orders/7", "/admin/find?payment=8" }));
    }
}
