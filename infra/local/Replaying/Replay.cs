using System.Text;
using System.Text.Json;
using ShopSaga.Replaying;
using Spectre.Console;

namespace ShopSaga.Local.Replaying;

/// <summary>The operations on failed messages: each prints its result and returns an exit code.</summary>
internal sealed class Replay(ErrorQueue errorQueue, IAnsiConsole console)
{
    private const int MaxShown = 50;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Bounds the memory for listing. Showing and returning have no such limit.</summary>
    public int MaxRead { get; init; } = 10_000;

    /// <summary>Lists the messages, grouped by exception and type, the largest group first.</summary>
    public async Task<int> List(CancellationToken cancellationToken)
    {
        var messages = await errorQueue.Read(MaxRead, cancellationToken);
        if (messages.Count == 0)
        {
            console.WriteLine("No failed messages.");
            return 0;
        }

        var groups = new Table().Border(TableBorder.Rounded).AddColumns("group", "messages", "failed in", "last at", "message");
        var byGroup = messages.GroupBy(message => message.Group).OrderByDescending(group => group.Count()).ThenBy(group => group.Key);
        foreach (var group in byGroup)
        {
            var last = group.MaxBy(message => message.FailedAt, StringComparer.Ordinal)!;
            AddRow(groups, group.Key, $"{group.Count()}", Queues(group), last.FailedAt, last.ExceptionMessage);
        }
        console.Write(groups);

        var single = new Table().Border(TableBorder.Rounded).AddColumns("id", "group", "failed in", "at");
        foreach (var message in messages.OrderBy(message => message.FailedAt, StringComparer.Ordinal).Take(MaxShown))
        {
            AddRow(single, message.Id, message.Group, Queues([message]), message.FailedAt);
        }

        console.Write(single);

        console.WriteLine(messages.Count > MaxShown
            ? $"{Count(messages.Count, "failed message")}, the oldest {MaxShown} with their ids."
            : $"{Count(messages.Count, "failed message")}.");
        if (messages.Count == MaxRead)
        {
            console.WriteLine("There may be more.");
        }

        return 0;
    }

    /// <summary>Shows messages with headers and body. Exit code 1 when none has this id.</summary>
    public async Task<int> Show(string id, CancellationToken cancellationToken)
    {
        var isFound = false;
        await errorQueue.Visit(
            int.MaxValue,
            message =>
            {
                if (message.Id == id)
                {
                    Print(message);
                    isFound = true;
                }
            },
            cancellationToken);
        if (!isFound)
        {
            console.WriteLine($"No failed message has the id {id}.");
        }

        return isFound ? 0 : 1;
    }

    /// <summary>
    /// Returns the messages with these ids or in these groups, or all when none is named. Exit code 1 when a message could not be returned
    /// or no message matched. A message without the queue it failed in can never be returned, so it counts only when it was selected
    /// explicitly.
    /// </summary>
    public async Task<int> Return(string[] ids, string[] groups, CancellationToken cancellationToken)
    {
        var all = ids.Length + groups.Length == 0;
        var counts = await errorQueue.Return(
            message => all || ids.Contains(message.Id) || groups.Contains(message.Group), cancellationToken);

        if (counts.Count > 0)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("group", "messages", "failed in", "now");
            foreach (var (result, count) in counts.OrderByDescending(entry => entry.Value))
            {
                AddRow(table, result.Group, $"{count}", result.Queue ?? "", result.Reason is { } reason ? $"left: {reason}" : "returned");
            }

            console.Write(table);
        }

        var returned = counts.Where(entry => entry.Key.Reason is null).Sum(entry => entry.Value);
        console.WriteLine($"{Count(returned, "message")} returned, {counts.Values.Sum() - returned} could not be returned.");
        return counts.Keys.Any(result => result.Reason is not null && (result.Queue is not null || !all)) || (counts.Count == 0 && !all)
            ? 1
            : 0;
    }

    // Not through the console, which would wrap lines that users may copy.
    private void Print(FailedMessage message)
    {
        var output = console.Profile.Out.Writer;
        foreach (var (name, value) in message.Headers)
        {
            output.WriteLine($"{name}: {value}");
        }

        output.WriteLine();
        output.WriteLine(Readable(message.Body));
        output.WriteLine();
    }

    private static string Readable(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(body.Span), Indented);
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(body.Span);
        }
    }

    private static string Queues(IEnumerable<FailedMessage> messages) =>
        string.Join(", ", messages.Select(message => message.FailedQueue ?? "unknown queue").Distinct().Order(StringComparer.Ordinal));

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);
}
