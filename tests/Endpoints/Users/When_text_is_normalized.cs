using System.Text;
using ShopSaga.Hosting.Text;
using ShopSaga.Tests.Endpoints.Support;
using ShopSaga.Users.Registering;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>PostgreSQL normalizes with tables of its own, so it is the oracle for ours.</summary>
internal sealed class When_text_is_normalized
{
    private const int Texts = 20_000;
    private const int MaxLength = 8;
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Open() => _database = await TestDatabase.Create(typeof(Registration).Assembly);

    [OneTimeTearDown]
    public async Task Close() => await _database.DisposeAsync();

    [Test]
    public async Task Should_agree_with_PostgreSQL_about_every_character()
    {
        var texts = Enumerable.Range(1, 0x2FFFF).Where(Rune.IsValid).Select(char.ConvertFromUtf32).ToArray();

        await AssertSame(texts);
    }

    [Test]
    public async Task Should_agree_with_PostgreSQL_about_random_texts()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var characters = Enumerable.Range(0x20, 0x2FFFF - 0x20).Where(Rune.IsValid).Select(char.ConvertFromUtf32)
            .Where(text => CanonicalForm.Decompose(text) != text)
            .SelectMany(text => CanonicalForm.Decompose(text).EnumerateRunes().Select(rune => rune.ToString()).Append(text))
            .Distinct().ToArray();
        var texts = Enumerable.Range(0, Texts)
            .Select(_ => string.Concat(random.GetItems(characters, random.Next(1, MaxLength)))).ToArray();

        await AssertSame(texts, $"seed {seed}");
    }

    private async Task AssertSame(string[] texts, string? message = null)
    {
        var expected = await _database.Query<(string Text, string Composed, string Decomposed)>(
            "SELECT text, normalize(text, NFC), normalize(text, NFD) FROM unnest(@texts) AS text", new { texts });

        Assert.That(
            expected.Where(row => CanonicalForm.Compose(row.Text) != row.Composed || CanonicalForm.Decompose(row.Text) != row.Decomposed)
                .Select(row => string.Join(' ', row.Text.EnumerateRunes().Select(rune => $"{rune.Value:X4}"))),
            Is.Empty,
            message);
    }
}
