using System.Globalization;
using System.Text;

namespace ShopSaga.Bus;

/// <summary>
/// Cuts a message's properties to what AMQP carries, in bytes of UTF-8: a short string has at most 255 (AMQP 0-9-1, 4.2.5.3), and all
/// properties and headers together must fit into one frame (4.2.3), 128 KiB by RabbitMQ's default. The broker closes the connection over
/// larger ones, for every message in flight, and would again at each attempt. Cut headers are named in <see cref="CutHeader"/>; first to go
/// are details of exceptions.
/// </summary>
internal static class AmqpLimits
{
    public const string CutHeader = "ShopSaga.Bus.Cut";
    private const int MaxShortString = 255;

    /// <summary>How much is kept of a header that must be cut, in bytes.</summary>
    private const int MaxKept = 256;

    /// <summary>The longest list of cut headers, in bytes.</summary>
    private const int MaxCutNames = 2048;

    /// <summary>
    /// For the other properties, and for headers that the client and the broker add on the way (28 delay levels leave one entry each).
    /// </summary>
    private const int Reserve = 12 * 1024;

    /// <summary>Never cut to nothing before all others are: they find the receiver, the type and the failure.</summary>
    private static readonly HashSet<string> Essential =
        [Headers.MessageId, Headers.EnclosedMessageTypes, Headers.ContentType, Headers.MessageIntent, "NServiceBus.FailedQ",
         "NServiceBus.TimeOfFailure"];

    /// <summary>The text, or null when it is too long for a short string.</summary>
    public static string? Short(string? text) => text is not null && IsShort(text) ? text : null;

    /// <summary>The beginning of the text that fits into a short string.</summary>
    public static string ShortBeginning(string text) => IsShort(text) ? text : Beginning(text, MaxShortString);

    /// <summary>The longest beginning of a text that has at most so many bytes in UTF-8.</summary>
    public static string Beginning(string text, int maxBytes)
    {
        if (text.Length <= maxBytes / 3 || Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        Encoding.UTF8.GetEncoder().Convert(text, new byte[maxBytes], flush: false, out var used, out _, out _);
        return used > 0 && char.IsHighSurrogate(text[used - 1]) ? text[..(used - 1)] : text[..used];
    }

    /// <summary>Makes the headers fit.</summary>
    /// <param name="headers">Texts; changed in place.</param>
    /// <param name="maxFrame">The frame size agreed with the broker; 0 for any.</param>
    public static void Fit(IDictionary<string, object?> headers, uint maxFrame)
    {
        var room = (maxFrame == 0 ? int.MaxValue : (int)Math.Min(maxFrame, int.MaxValue)) - Reserve;
        if (headers.Sum(header => (3L * (header.Key.Length + ((header.Value as string)?.Length ?? 0))) + 16) <= room
            && headers.Keys.All(IsShort))
        {
            return;
        }

        var cut = new List<string>();
        foreach (var name in headers.Keys.Where(name => !IsShort(name)).ToList())
        {
            headers.Remove(name);
            cut.Add($"{Beginning(name, MaxKept / 4)}… (removed)");
        }

        var sizes = headers.ToDictionary(header => header.Key, header => SizeOf(header.Key, header.Value));
        var excess = sizes.Values.Sum(size => (long)size) - room;
        foreach (var name in sizes.Keys.OrderBy(Rank).ThenByDescending(name => sizes[name]).ToList())
        {
            if (excess <= 0)
            {
                break;
            }

            var text = headers[name] as string ?? string.Empty;
            var bytes = Encoding.UTF8.GetByteCount(text);
            if (bytes > MaxKept)
            {
                headers[name] = Beginning(text, (int)Math.Max(MaxKept, bytes - excess));
            }
            else if (Rank(name) == 1)
            {
                headers.Remove(name);
            }

            var now = headers.TryGetValue(name, out var kept) ? SizeOf(name, kept) : 0;
            if (now < sizes[name])
            {
                cut.Add($"{name} ({bytes.ToString(CultureInfo.InvariantCulture)} bytes)");
                excess -= sizes[name] - now;
            }
        }

        if (cut.Count > 0)
        {
            headers[CutHeader] = Beginning(string.Join(", ", cut), MaxCutNames);
        }
    }

    private static bool IsShort(string text) => text.Length <= MaxShortString / 3 || Encoding.UTF8.GetByteCount(text) <= MaxShortString;

    /// <summary>A name with a length of one byte, a type, a value with a length of four (AMQP 0-9-1, 4.2.1).</summary>
    private static int SizeOf(string name, object? value) =>
        6 + Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value as string ?? string.Empty);

    private static int Rank(string name) =>
        name.StartsWith("NServiceBus.ExceptionInfo.", StringComparison.Ordinal) ? 0
        : Essential.Contains(name) ? 3
        : name.StartsWith("NServiceBus.", StringComparison.Ordinal) || name.StartsWith("ServiceControl.", StringComparison.Ordinal)
            || name.StartsWith("$.", StringComparison.Ordinal) ? 2
        : 1;
}
