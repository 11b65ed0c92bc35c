using System.Globalization;
using System.Text;

namespace ShopSaga.Hosting.Text;

/// <summary>
/// Canonical normalization (Unicode Standard Annex 15). The services run with <c>InvariantGlobalization</c>, where <c>string.Normalize</c>
/// returns its input unchanged without an error, so the algorithm and its tables (<c>Text/canonical.txt</c>) are here.
/// </summary>
public static class CanonicalForm
{
    // Hangul syllables are composed by arithmetic, not by table (The Unicode Standard, section 3.12).
    private const int FirstSyllable = 0xAC00;
    private const int FirstLeading = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeTrailing = 0x11A7;
    private const int Leadings = 19;
    private const int Vowels = 21;
    private const int Trailings = 28;

    // No character below needs a table: all are composed, and none combines.
    private const char FirstCombining = '\u0300';

    private static readonly Lazy<Tables> Data = new(Tables.Read);

    /// <summary>Normalization Form C: canonically equivalent texts become equal, with characters composed where possible.</summary>
    public static string Compose(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstCombining - 1)) < 0)
        {
            return text;
        }

        var composed = new List<int>(text.Length);
        var (starter, lastClass) = (-1, -1);
        foreach (var character in DecomposeToCodePoints(text))
        {
            var combiningClass = Data.Value.ClassOf(character);
            if (starter >= 0 && lastClass < combiningClass && Pair(composed[starter], character) is { } composite)
            {
                composed[starter] = composite;
                continue;
            }

            (starter, lastClass) = combiningClass == 0 ? (composed.Count, -1) : (starter, combiningClass);
            composed.Add(character);
        }

        return ToText(composed);
    }

    /// <summary>Normalization Form D: canonically equivalent texts become equal, with characters decomposed.</summary>
    public static string Decompose(string text) => Ascii.IsValid(text) ? text : ToText(DecomposeToCodePoints(text));

    private static List<int> DecomposeToCodePoints(string text)
    {
        var decomposed = new List<int>(text.Length * 2);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, decomposed);
        }

        // Combining characters between two starters are ordered by their class; characters of one class keep their order.
        for (var index = 1; index < decomposed.Count; index++)
        {
            var (character, combiningClass) = (decomposed[index], Data.Value.ClassOf(decomposed[index]));
            var target = index;
            while (combiningClass > 0 && target > 0 && Data.Value.ClassOf(decomposed[target - 1]) > combiningClass)
            {
                decomposed[target] = decomposed[--target];
            }

            decomposed[target] = character;
        }

        return decomposed;
    }

    private static void Decompose(int character, List<int> decomposed)
    {
        var syllable = character - FirstSyllable;
        if (syllable is >= 0 and < Leadings * Vowels * Trailings)
        {
            decomposed.Add(FirstLeading + (syllable / (Vowels * Trailings)));
            decomposed.Add(FirstVowel + (syllable % (Vowels * Trailings) / Trailings));
            if (syllable % Trailings > 0)
            {
                decomposed.Add(BeforeTrailing + (syllable % Trailings));
            }
        }
        else if (Data.Value.Decompositions.TryGetValue(character, out var parts))
        {
            foreach (var part in parts)
            {
                Decompose(part, decomposed);
            }
        }
        else
        {
            decomposed.Add(character);
        }
    }

    private static int? Pair(int first, int second)
    {
        var (leading, vowel) = (first - FirstLeading, second - FirstVowel);
        var (syllable, trailing) = (first - FirstSyllable, second - BeforeTrailing);
        if (leading is >= 0 and < Leadings && vowel is >= 0 and < Vowels)
        {
            return FirstSyllable + (((leading * Vowels) + vowel) * Trailings);
        }

        if (syllable is >= 0 and < Leadings * Vowels * Trailings && syllable % Trailings == 0 && trailing is > 0 and < Trailings)
        {
            return first + trailing;
        }

        return Data.Value.Compositions.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private static string ToText(List<int> characters)
    {
        var text = new StringBuilder(characters.Count);
        foreach (var character in characters)
        {
            text.Append(char.ConvertFromUtf32(character));
        }

        return text.ToString();
    }

    /// <summary>The contents of <c>canonical.txt</c>: classes as <c>230 300-304 …</c>, decompositions as <c>C0+41 300</c>.</summary>
    private sealed class Tables
    {
        private readonly Dictionary<int, int> _classes = [];

        public Dictionary<int, int[]> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        public int ClassOf(int character) => character < FirstCombining ? 0 : _classes.GetValueOrDefault(character);

        public static Tables Read()
        {
            var tables = new Tables();
            using var resource = typeof(CanonicalForm).Assembly.GetManifestResourceStream("canonical.txt")!;
            using var reader = new StreamReader(resource, Encoding.ASCII);
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith('#'))
                {
                    continue;
                }

                if (line.IndexOfAny(['+', '=']) is var sign and > 0)
                {
                    int[] parts = [.. line[(sign + 1)..].Split(' ').Select(Hex)];
                    tables.AddDecomposition(Hex(line[..sign]), parts, isComposed: line[sign] == '+');
                }
                else
                {
                    var fields = line.Split(' ');
                    tables.AddClass(int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1..]);
                }
            }

            return tables;
        }

        private void AddDecomposition(int character, int[] parts, bool isComposed)
        {
            Decompositions.Add(character, parts);
            if (isComposed)
            {
                Compositions.Add((parts[0], parts[1]), character);
            }
        }

        private void AddClass(int combiningClass, string[] ranges)
        {
            foreach (var range in ranges)
            {
                var bounds = range.Split('-');
                for (var character = Hex(bounds[0]); character <= Hex(bounds[^1]); character++)
                {
                    _classes.Add(character, combiningClass);
                }
            }
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
