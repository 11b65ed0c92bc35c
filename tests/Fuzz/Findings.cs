using System.Collections.Concurrent;
using System.Text;
using Spectre.Console;

namespace ShopSaga.Fuzz;

/// <summary>The requests and responses of a campaign in numbers, and the violations found.</summary>
internal sealed class Findings
{
    private const int MaxShown = 40;
    private readonly ConcurrentDictionary<(string Route, int Status), int> _byRoute = [];
    private readonly ConcurrentDictionary<(string Kind, int Status), int> _byKind = [];
    private readonly ConcurrentQueue<string> _complaints = [];

    public int Requests => _byRoute.Values.Sum();

    public IReadOnlyCollection<string> Violations => _complaints;

    public int Of(Func<int, bool> status) => _byRoute.Where(count => status(count.Key.Status)).Sum(count => count.Value);

    public void Add(HostileRequest attempt, Answer answer)
    {
        _byRoute.AddOrUpdate((attempt.Route.Name, answer.Status), 1, (_, count) => count + 1);
        _byKind.AddOrUpdate((attempt.Kind, answer.Status), 1, (_, count) => count + 1);
    }

    public void Report(string violation) => _complaints.Enqueue(violation);

    public void Report(string name, string violation, HostileRequest attempt, Answer answer) => Report(
        $"{name}: {violation} ({attempt.Kind}, {attempt.Route.Name})\n    > {Shown(Encoding.UTF8.GetString(attempt.ToBytes()), 900)}\n    "
            + $"< {answer.Status} {Shown(answer.Body, 400)}");

    public void Print()
    {
        Print("route", _byRoute);
        Print("what was tried", _byKind);
        foreach (var violation in _complaints.Take(MaxShown))
        {
            Console.WriteLine(violation);
        }

        if (_complaints.Count > MaxShown)
        {
            Console.WriteLine($"… and {_complaints.Count - MaxShown} more");
        }
    }

    private static void Print(string title, IReadOnlyDictionary<(string Name, int Status), int> counts)
    {
        var statuses = counts.Keys.Select(key => key.Status).Distinct().Order().ToList();
        var table = new Table().AddColumn(title).AddColumn("all");
        statuses.ForEach(status => table.AddColumn(status == 0 ? "closed" : $"{status}"));
        foreach (var row in counts.GroupBy(count => count.Key.Name).OrderBy(row => row.Key, StringComparer.Ordinal))
        {
            var cells = row.ToDictionary(count => count.Key.Status, count => count.Value);
            table.AddRow([Markup.Escape(row.Key), $"{cells.Values.Sum()}", .. statuses.Select(
                status => cells.TryGetValue(status, out var count) ? $"{count}" : "")]);
        }

        // As wide as it must be, wherever it goes.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No });
        console.Profile.Width = 200;
        console.Write(table);
    }

    private static string Shown(string text, int most)
    {
        var shown = text.Length > most ? $"{text[..most]}… ({text.Length} characters)" : text;
        return string.Concat(shown.Select(character => char.IsControl(character) ? $"\\x{(int)character:x2}" : $"{character}"));
    }
}
