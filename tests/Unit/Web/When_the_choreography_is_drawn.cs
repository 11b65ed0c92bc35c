using ShopSaga.Local.Layout;
using ShopSaga.Web.Live;

namespace ShopSaga.Tests.Unit.Web;

public class When_the_choreography_is_drawn
{
    [Test]
    public void Should_have_the_arrows_of_the_topology()
    {
        var events = Choreography.Arrows.Select(arrow => arrow.Event).ToHashSet();
        var reactions =
            from listener in Topology.Services
            where Choreography.Services.Contains(listener.Name)
            from name in listener.ReactsTo
            where events.Contains(name)
            select new Arrow(Topology.PublisherOf(name).Name, listener.Name, name);

        Assert.That(Choreography.Arrows, Is.EquivalentTo(reactions));
    }

    [Test]
    public void Should_play_each_course_of_the_document()
    {
        var titles = Repository.Read("docs/choreography.md").Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal));

        Assert.That(Choreography.Scenarios.Select(scenario => "## " + scenario.Title), Is.EqualTo(titles));
        Assert.That(
            Choreography.Scenarios[0].Events,
            Is.EqualTo(new[] { "OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted" }));
    }

    [Test]
    public void Should_place_no_arrow_on_another()
    {
        var lines = PictureLayout.Lines;

        Assert.That(lines.Select(line => (line.Y, Math.Min(line.X1, line.X2))), Is.Unique);
        Assert.That(lines.Select(line => line.Y), Has.All.LessThan(PictureLayout.Height));
    }

    [TestCase("OrderPlaced", "forward")]
    [TestCase("StockRejected", "failure")]
    [TestCase("PaymentRefunded", "compensation")]
    public void Should_colour_compensation_apart(string name, string kind) => Assert.That(Choreography.KindOf(name), Is.EqualTo(kind));
}
