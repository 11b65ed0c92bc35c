using System.Globalization;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>What happened in a history, in numbered lines that are the same whenever its seed is played.</summary>
internal sealed partial class Story(Clock clock)
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private DateTimeOffset _start;

    /// <summary>Handled deliveries and requests.</summary>
    public int Steps { get; private set; }

    public override string ToString()
    {
        lock (_lock)
        {
            return string.Join(Environment.NewLine, _lines);
        }
    }

    public void Begin()
    {
        lock (_lock)
        {
            _lines.Clear();
            Steps = 0;
            _start = clock.Now;
        }
    }

    /// <summary>The next step.</summary>
    public void Step(string what)
    {
        lock (_lock)
        {
            Steps++;
            var time = (clock.Now - _start).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Steps,4}  {time}  {what}"));
        }
    }

    /// <summary>Something that a step brought about.</summary>
    public void Add(string what)
    {
        lock (_lock)
        {
            _lines.Add($"                    {RandomId().Replace(what, "…")}");
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")]
    private static partial Regex RandomId();
}
