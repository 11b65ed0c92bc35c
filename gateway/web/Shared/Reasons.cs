using System.Text.RegularExpressions;
using Microsoft.Extensions.Localization;

namespace ShopSaga.Web.Shared;

/// <summary>
/// The API's reasons for refusing a field. Its English sentence, with placeholders for its numbers, names the translation.
/// </summary>
internal static partial class Reasons
{
    /// <summary>
    /// The field's name and the reason, as one sentence in the visitor's language; in English where there is no translation.
    /// </summary>
    public static string Reason(this IStringLocalizer<Texts> texts, string field, string reason)
    {
        List<object> numbers = [];
        var name = Number().Replace(reason, number =>
        {
            numbers.Add(number.Value);
            return $"{{{numbers.Count - 1}}}";
        });
        // Korean particles stand right after the word.
        return char.IsUpper(reason, 0) ? Translated() : field + (texts[name].ResourceNotFound ? " " : "") + Translated();

        string Translated() => texts[name].ResourceNotFound ? reason : texts[name, [.. numbers]];
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
