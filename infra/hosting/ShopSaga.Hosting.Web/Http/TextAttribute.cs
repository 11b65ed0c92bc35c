using System.ComponentModel.DataAnnotations;

namespace ShopSaga.Hosting.Http;

/// <summary>Bounds the length of text in Unicode code points, as PostgreSQL counts them. Blank text is invalid unless allowed.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class TextAttribute(int minimum, int maximum) : ValidationAttribute
{
    /// <summary>Whether blank text is allowed.</summary>
    public bool MayBeBlank { get; init; }

    /// <summary>The smallest number of characters.</summary>
    public int Minimum => minimum;

    /// <summary>The largest number of characters.</summary>
    public int Maximum => maximum;

    /// <inheritdoc/>
    public override bool IsValid(object? value)
    {
        if (value is not string text)
        {
            return value is null;
        }

        var characters = text.EnumerateRunes().Count();
        return characters >= minimum && characters <= maximum && (MayBeBlank || !string.IsNullOrWhiteSpace(text));
    }

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) =>
        $"must have {minimum} to {maximum} characters{(MayBeBlank ? "." : " and not be blank.")}";
}
