using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace ShopSaga.Local.Replaying;

/// <summary>What can be done with failed messages, each with what it prints and its exit code.</summary>
internal sealed class Replay(ErrorQueue errorQueue, IAnsiConsole console)
{
    /// <summary>Looking further would hold too much in memory; returning has no such limit.</summary>
    private const int MostRead = 10_000;

    private const int MostShown = 50;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The messages, grouped by exception and type, the largest group first.</summary>
    public async Task<int> List(CancellationToken cancellationToken)
    {
        var messages = await errorQueue.Read(MostRead, cancellationToken);
        if (messages.Count == 0)
        {
            console.WriteLine("No failed messages.");
            return 0;
        }

        var groups = new Table().Border(TableBorder.Rounded).AddColumns("group", "messages", "failed in", "last at", "says");
        foreach (var group in messages.GroupBy(message => message.Group).OrderByDescending(group => group.Count()).ThenBy(group => group.Key))
        {
            var last = group.MaxBy(message => message.FailedAt, StringComparer.Ordinal)!;
            AddRow(groups, group.Key, $"{group.Count()}", Queues(group), last.FailedAt, last.ExceptionMessage);
        }
        console.Write(groups);

        var single = new Table().Border(TableBorder.Rounded).AddColumns("id", "group", "failed in", "at");
        foreach (var message in messages.OrderBy(message => message.FailedAt, StringComparer.Ordinal).Take(MostShown))
        {
            AddRow(single, message.Id, message.Group, Queues([message]), message.FailedAt);
        }

        console.Write(single);

        console.WriteLine(messages.Count > MostShown
            ? $"{Count(messages.Count, "failed message")}, the oldest {MostShown} with their ids."
            : $"{Count(messages.Count, "failed message")}.");
        if (messages.Count == MostRead)
        {
            console.WriteLine("There may be more, which were not looked at.");
        }

        return 0;
    }

    /// <summary>One message with headers and body; exit code 1 when there is none of that id.</summary>
    public async Task<int> Show(string id, CancellationToken cancellationToken)
    {
        var found = (await errorQueue.Read(MostRead, cancellationToken)).Where(message => message.Id == id).ToList();
        foreach (var message in found)
        {
            Print(message);
        }

        if (found.Count == 0)
        {
            console.WriteLine($"No failed message has the id {id}.");
        }

        return found.Count == 0 ? 1 : 0;
    }

    /// <summary>
    /// Returns the messages of these ids and groups, or all when none is named. Exit code 1 when one of them had to stay, or none was found by
    /// its name. Nobody can return what does not say where it failed, so that counts only where it is asked for by name.
    /// </summary>
    public async Task<int> Return(string[] ids, string[] groups, CancellationToken cancellationToken)
    {
        var all = ids.Length + groups.Length == 0;
        var counts = await errorQueue.Return(
            message => all || ids.Contains(message.Id) || groups.Contains(message.Group), cancellationToken);

        if (counts.Count > 0)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("group", "messages", "failed in", "now");
            foreach (var (outcome, count) in counts.OrderByDescending(entry => entry.Value))
            {
                AddRow(table, outcome.Group, $"{count}", outcome.Queue ?? "", outcome.WhyLeft is { } reason ? $"left: {reason}" : "returned");
            }

            console.Write(table);
        }

        var returned = counts.Where(entry => entry.Key.WhyLeft is null).Sum(entry => entry.Value);
        console.WriteLine($"{Count(returned, "message")} returned, {counts.Values.Sum() - returned} left in the error queue.");
        return counts.Keys.Any(outcome => outcome.WhyLeft is not null && (outcome.Queue is not null || !all)) || (counts.Count == 0 && !all) ? 1 : 0;
    }

    // Straight to the output: what is copied from here must not be broken into lines.
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
        string.Join(", ", messages.Select(message => message.FailedQueue ?? "it does not say").Distinct().Order(StringComparer.Ordinal));

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);
}
