using System.Text.RegularExpressions;
using ShopSaga.Gateway;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>The tables of docs/api and the collections beside them against the gateway's routes.</summary>
public partial class When_the_API_is_documented
{
    private static IEnumerable<string> Services => Enum.GetNames<Service>();

    [TestCaseSource(nameof(Services))]
    public void Should_list_every_route_with_its_callers(string service) => Assert.That(
        Row().Matches(Repository.Read($"docs/api/{service.ToLowerInvariant()}.md")).Select(row => $"{row.Groups[1]} {row.Groups[2]}"),
        Is.EquivalentTo(RoutesOf(service).Select(route => $"{Documented(route)} {CallersOf(route.Access)}")));

    [TestCaseSource(nameof(Services))]
    public void Should_have_an_example_of_every_route(string service)
    {
        var examples = Repository.Read($"docs/api/{service.ToLowerInvariant()}.http");
        var sent = Request().Matches(examples).Select(request => $"{request.Groups[1]} {request.Groups[2]}").ToList();

        Assert.That(
            RoutesOf(service).Select(Documented)
                .Where(route => !sent.Any(request => Regex.IsMatch(request, $@"^{Parameter().Replace(route, "[^/]+")}(\?|$)"))),
            Is.Empty);
    }

    private static IEnumerable<Route> RoutesOf(string service) => Routes.All.Where(route => route.Service.ToString() == service);

    private static string Documented(Route route) => $"{route.Method} {Constraint().Replace(route.Path, "}")}";

    private static string CallersOf(Access access) => access switch
    {
        Access.Anyone => "anyone",
        Access.User => "user",
        _ => "administrator",
    };

    [GeneratedRegex(@"^\| `([A-Z]+ [^`]+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^([A-Z]+) \{\{host\}\}(\S+)$", RegexOptions.Multiline)]
    private static partial Regex Request();

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
