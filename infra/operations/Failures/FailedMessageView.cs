using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>
/// A failed message, in short. Its texts come from the message: anything may stand in them, and they are cut so that none is long.
/// </summary>
/// <param name="Id">
/// Of this failure: two services that fail to handle one event have the same message, and messages may lack an id, so it derives from the
/// content.
/// </param>
/// <param name="Group">The id of the group.</param>
/// <param name="MessageId">As its sender gave it.</param>
/// <param name="MessageType">The full name of the type.</param>
/// <param name="ExceptionType">The full name of the exception's type.</param>
/// <param name="ExceptionMessage">What the exception says.</param>
/// <param name="Queue">The queue it failed in; null when the message does not tell, and then it cannot be returned.</param>
/// <param name="FailedAt">When; null when the message does not tell.</param>
internal sealed record FailedMessageView(
    string Id,
    string Group,
    string MessageId,
    string MessageType,
    string ExceptionType,
    string ExceptionMessage,
    string? Queue,
    DateTimeOffset? FailedAt)
{
    private const int IdBytes = 16;
    private const int MaxText = 500;
    // NServiceBus' format, as in WireTime of infra/bus, which is not public.
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss:ffffff 'Z'";

    /// <summary>The id of a failure.</summary>
    public static string IdOf(FailedMessage message)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in new[] { message.Id, message.FailedQueue, message.FailedAt, message.ExceptionType })
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{text?.Length} {text}"));
        }

        hash.AppendData(message.Body.Span);
        return Hex(hash.GetHashAndReset());
    }

    /// <summary>The id of a failure's group. A name may contain anything, so it cannot be a part of an address.</summary>
    public static string GroupOf(FailedMessage message) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(message.Group)));

    public static FailedMessageView Of(FailedMessage message) => new(
        IdOf(message),
        GroupOf(message),
        Cut(message.Id),
        Cut(message.MessageType),
        Cut(message.ExceptionType),
        Cut(message.ExceptionMessage),
        message.FailedQueue is { } queue ? Cut(queue) : null,
        TimeOf(message.FailedAt));

    /// <summary>The text, at most so long; without half a character at its end.</summary>
    public static string Cut(string text, int max = MaxText) =>
        text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)] + "…";

    private static DateTimeOffset? TimeOf(string text) => DateTimeOffset.TryParseExact(
        text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time
        : null;

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, IdBytes));
}
