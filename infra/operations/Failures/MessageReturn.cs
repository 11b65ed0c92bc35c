using System.Text.Json.Serialization;

namespace ShopSaga.Operations.Failures;

/// <summary>Which messages to return: one, a group, or all.</summary>
internal sealed record Selection(string? Message = null, string? Group = null);

/// <summary>A request to return failed messages, and its progress.</summary>
/// <param name="Id">The id. It grows with time, so that no return after a restart has it again.</param>
/// <param name="Message">The id of the message, when it is about one.</param>
/// <param name="Group">The id of the group, when it is about one.</param>
/// <param name="Status">The progress.</param>
/// <param name="Total">The messages of the queue, which are all looked at; 0 before it runs.</param>
/// <param name="Looked">How many were looked at.</param>
/// <param name="Returned">How many are back in the queues they failed in.</param>
/// <param name="Left">Those that could not be returned, and why.</param>
/// <param name="RequestedAt">UTC.</param>
/// <param name="EndedAt">UTC; null before.</param>
internal sealed record MessageReturn(
    long Id,
    string? Message,
    string? Group,
    ReturnStatus Status,
    int Total,
    int Looked,
    int Returned,
    IReadOnlyList<LeftMessages> Left,
    DateTimeOffset RequestedAt,
    DateTimeOffset? EndedAt)
{
    [JsonIgnore]
    public bool HasEnded => Status is ReturnStatus.DONE or ReturnStatus.FAILED;
}

/// <summary>Messages that are still in the error queue.</summary>
internal sealed record LeftMessages(string? Queue, string Reason, int Messages);

/// <summary><see cref="FAILED"/>: the broker was lost. What was not returned is still in the error queue; ask again.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReturnStatus>))]
internal enum ReturnStatus
{
    WAITING,
    RUNNING,
    DONE,
    FAILED,
}
