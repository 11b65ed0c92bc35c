using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>
/// The model that spin checks (tests/Model) against the state diagrams, which are compared with the tables of transitions: who changes one
/// of the three changes the others.
/// </summary>
public partial class When_the_choreography_is_modelled
{
    [Test]
    public void Should_take_every_transition_of_an_order_a_payment_and_a_reservation()
    {
        var drawn = Arrows(Repository.Read("docs/architecture.md").Split("## State machines")[1].Split("\n## ")[0]);
        var modelled = Arrows(Repository.Read("tests/Model/choreography.pml"));

        Assert.That(modelled, Is.EquivalentTo(drawn));
    }

    [Test]
    public void Should_fail_without_each_of_its_rules()
    {
        var rules = Rule().Matches(Repository.Read("tests/Model/choreography.pml")).Select(rule => rule.Value).Distinct();
        var script = Repository.Read("tests/Model/check.sh");

        Assert.That(rules.Where(rule => !script.Contains($"fails -D{rule}", StringComparison.Ordinal)), Is.Empty);
    }

    private static HashSet<string> Arrows(string text) => [.. Arrow().Matches(text).Select(arrow => arrow.Value)];

    [GeneratedRegex(@"(\w+|\[\*\]) --> \w+: \w+")]
    private static partial Regex Arrow();

    [GeneratedRegex(@"\bWITHOUT_[A-Z_]+\w")]
    private static partial Regex Rule();
}
