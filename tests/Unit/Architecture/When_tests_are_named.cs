using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Unit.Architecture;

/// <summary>Fixture and test read as a sentence, and the fixture is found by its file's name.</summary>
public partial class When_tests_are_named
{
    private static IEnumerable<string> Fixtures =>
        Repository.FilesIn("tests", ".cs").Where(file => TestMethod().IsMatch(Repository.Read(file)));

    [Test]
    public void Should_call_a_fixture_When_and_its_file_as_the_fixture() => Assert.That(
        Fixtures.Where(file => Path.GetFileNameWithoutExtension(file) is var name
            && !(name.StartsWith("When_", StringComparison.Ordinal) && Regex.IsMatch(Repository.Read(file), $@"\bclass {name}\b"))),
        Is.Empty);

    [Test]
    public void Should_call_a_test_Should() => Assert.That(
        from file in Fixtures
        from Match test in TestMethod().Matches(Repository.Read(file))
        where !test.Groups["name"].Value.StartsWith("Should_", StringComparison.Ordinal)
        select $"{file}: {test.Groups["name"].Value}",
        Is.Empty);

    [GeneratedRegex(
        @"^ *\[Test(?:Case|CaseSource)?\b(?:.*\n)(?: *[\[\w""'].*\n)*? *"
            + @"public (?:static |async |override |virtual )*[\w<>\[\]?., ]+ (?<name>\w+)\(",
        RegexOptions.Multiline)]
    private static partial Regex TestMethod();
}
