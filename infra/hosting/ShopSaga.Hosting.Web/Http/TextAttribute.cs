using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace ShopSaga.Hosting.Http;

/// <summary>Bounds the length of text in Unicode code points, as PostgreSQL counts them. Blank text is invalid unless allowed.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class TextAttribute(int min, int max) : ValidationAttribute
{
    /// <summary>Whether blank text is allowed.</summary>
    public bool MayBeBlank { get; init; }

    /// <summary>The smallest number of characters.</summary>
    public int Minimum => min;

    /// <summary>The largest number of characters.</summary>
    public int Maximum => max;

    /// <inheritdoc/>
    public override bool IsValid(object? value)
    {
        if (value is not string text)
        {
            return value is null;
        }

        var characters = text.EnumerateRunes().Count();
        return characters >= min && characters <= max && (MayBeBlank || text.EnumerateRunes().Any(IsVisible));
    }

    /// <summary>
    /// Whether the character shows by itself: no white space, control or format character, mark, or letter that is blank by definition.
    /// </summary>
    private static bool IsVisible(Rune rune) => !Rune.IsWhiteSpace(rune)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse)
        && rune.Value is not (0x115F or 0x1160 or 0x2800 or 0x3164 or 0xFFA0); // Hangul fillers and the blank Braille pattern.

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) =>
        $"must have {min} to {max} characters{(MayBeBlank ? "." : " and not be blank.")}";
}
