using System.Text;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>A failed message with headers and body, both bounded.</summary>
/// <param name="Message">In short.</param>
/// <param name="StackTrace">Of the exception; empty when there is none.</param>
/// <param name="Headers">By name; at most 200, each cut.</param>
/// <param name="Body">At most the first 64 KiB, as text where it is UTF-8, otherwise in Base64.</param>
/// <param name="BodyEncoding">Which of the two.</param>
/// <param name="BodyLength">The length of the whole body in bytes.</param>
/// <param name="IsBodyCut">Whether the body is longer than what is shown.</param>
internal sealed record FailedMessageDetails(
    FailedMessageView Message,
    string StackTrace,
    IReadOnlyList<FailedHeader> Headers,
    string Body,
    BodyEncoding BodyEncoding,
    int BodyLength,
    bool IsBodyCut)
{
    private const int MaxBody = 64 * 1024;
    private const int MaxHeaders = 200;
    private const int MaxHeader = 4_000;
    private const int MaxStackTrace = 16_000;
    private const int MaxBytesOfCharacter = 4;
    private const string StackTraceHeader = "NServiceBus.ExceptionInfo.StackTrace";

    public static FailedMessageDetails Of(FailedMessage message)
    {
        var headers = message.Headers.ToList();
        var isCut = message.Body.Length > MaxBody;
        var shown = isCut ? message.Body[..MaxBody] : message.Body;
        var text = TextOf(shown.Span, isCut);
        return new FailedMessageDetails(
            FailedMessageView.Of(message),
            FailedMessageView.Cut(headers.FirstOrDefault(header => header.Name == StackTraceHeader).Value ?? "", MaxStackTrace),
            [
                .. headers.Where(header => header.Name != StackTraceHeader).Take(MaxHeaders).Select(header => new FailedHeader(
                    FailedMessageView.Cut(header.Name), FailedMessageView.Cut(header.Value, MaxHeader))),
            ],
            text ?? Convert.ToBase64String(shown.Span),
            text is null ? BodyEncoding.BASE64 : BodyEncoding.TEXT,
            message.Body.Length,
            isCut);
    }

    /// <summary>Null when the bytes are not UTF-8. Where they were cut, half a character at the end does not count.</summary>
    private static string? TextOf(ReadOnlySpan<byte> bytes, bool isCut)
    {
        for (var dropped = 0; dropped < (isCut ? MaxBytesOfCharacter : 1) && dropped <= bytes.Length; dropped++)
        {
            if (Utf8.IsValid(bytes[..^dropped]))
            {
                return Encoding.UTF8.GetString(bytes[..^dropped]);
            }
        }

        return null;
    }
}

/// <summary>A header as text.</summary>
internal sealed record FailedHeader(string Name, string Value);

/// <summary>How a body is shown.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BodyEncoding>))]
internal enum BodyEncoding
{
    TEXT,
    BASE64,
}
