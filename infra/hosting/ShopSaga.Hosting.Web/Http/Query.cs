using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace ShopSaga.Hosting.Http;

/// <summary>Reads query parameters. An invalid one is a 400 that names it; an absent one is null.</summary>
public static class Query
{
    /// <summary>A parameter as text, taken literally.</summary>
    /// <exception cref="InvalidRequestException">It is empty, given twice, too long, or contains NUL, which PostgreSQL cannot
    /// store.</exception>
    public static string? Text(this HttpRequest request, string name, int max = 200)
    {
        var values = request.Query[name];
        return values switch
        {
            [] => null,
            [{ Length: > 0 } value] when value.Contains('\0') =>
                throw new InvalidRequestException(name, "must not contain a NUL character."),
            [{ Length: > 0 } value] when value.Length <= max => value,
            [{ Length: > 0 }] => throw new InvalidRequestException(name, $"must have at most {max} characters."),
            [_] => throw new InvalidRequestException(name, "must not be empty."),
            _ => throw new InvalidRequestException(name, "is given twice."),
        };
    }

    /// <summary>A parameter as a whole number, digits only.</summary>
    /// <exception cref="InvalidRequestException">It is not a whole number, or is out of range.</exception>
    public static long? Number(this HttpRequest request, string name, long min, long max)
    {
        if (request.Text(name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min
            && number <= max
            ? number
            : throw new InvalidRequestException(name, $"must be a whole number from {min} to {max}.");
    }

    /// <summary>A parameter as a date.</summary>
    /// <exception cref="InvalidRequestException">It is not exactly <c>yyyy-MM-dd</c>.</exception>
    public static DateOnly? Date(this HttpRequest request, string name) => request.Text(name) is { } text ? Date(name, text) : null;

    /// <summary>A date from anywhere in the address, such as its path.</summary>
    /// <exception cref="InvalidRequestException">It is not exactly <c>yyyy-MM-dd</c>.</exception>
    public static DateOnly Date(string name, string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw new InvalidRequestException(name, "must be a date as yyyy-MM-dd.");

    /// <summary>A parameter that is one of some words, exactly.</summary>
    /// <exception cref="InvalidRequestException">It is none of them.</exception>
    public static string? OneOf(this HttpRequest request, string name, params string[] words) =>
        request.Text(name) is not { } text || words.Contains(text, StringComparer.Ordinal)
            ? request.Text(name)
            : throw new InvalidRequestException(name, $"must be one of {string.Join(", ", words)}.");
}
