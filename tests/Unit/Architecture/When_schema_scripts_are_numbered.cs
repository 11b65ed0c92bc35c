
namespace ShopSaga.Tests.Unit.Architecture;

public class When_schema_scripts_are_numbered
{
    private static IEnumerable<string> Folders =>
        Repository.Files.Where(file => file.Contains("/Schema/", StringComparison.Ordinal)).Select(file => Path.GetDirectoryName(file)!)
            .Distinct();

    [Test]
    public void Should_be_numbered_from_001_without_gap_or_duplicate() => Assert.Multiple(() =>
    {
        foreach (var folder in Folders)
        {
            var scripts = Repository.FilesIn(folder).Select(file => Path.GetFileName(file)).ToList();

            Assert.That(scripts, Has.All.Match(@"^\d{3}-[a-z0-9-]+\.sql$"), folder);
            Assert.That(
                scripts.Select(script => script[..3]),
                Is.EqualTo(Enumerable.Range(1, scripts.Count).Select(number => $"{number:000}")),
                folder);
        }
    });
}
