using System.Globalization;
using System.Text.RegularExpressions;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>What happened in a history, in numbered lines that are the same whenever its seed is played.</summary>
internal sealed partial class Story(Clock clock)
{
    // FNV-1a, 64 bits.
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private DateTimeOffset _start;

    /// <summary>Handled deliveries and requests.</summary>
    public int Steps { get; private set; }

    /// <summary>Of who did what in which order, without numbers and times: histories that share it took the same course.</summary>
    public ulong Fingerprint { get; private set; }

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
            (Steps, Fingerprint) = (0, Basis);
            _start = clock.Now;
        }
    }

    /// <summary>The next step.</summary>
    public void Step(string what)
    {
        lock (_lock)
        {
            Steps++;
            Imprint(what);
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

    /// <summary>A statement of one of several that run at the same time.</summary>
    public void Turn(string what)
    {
        lock (_lock)
        {
            Imprint(what);
            Add(what);
        }
    }

    private void Imprint(string what)
    {
        foreach (var letter in what.Where(letter => !char.IsAsciiDigit(letter)).Append('\n'))
        {
            Fingerprint = unchecked((Fingerprint ^ letter) * Prime);
        }
    }

    [GeneratedRegex("[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")]
    private static partial Regex RandomId();
}
