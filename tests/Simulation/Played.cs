namespace ShopSaga.Tests.Simulation;

/// <summary>What a campaign has played, counted by several shops at once.</summary>
internal sealed class Played
{
    private readonly Lock _lock = new();
    private readonly List<Outcome> _failures = [];
    private readonly HashSet<ulong> _courses = [];
    private readonly HashSet<ulong> _interleavings = [];

    public IReadOnlyList<Outcome> Failures => _failures;

    /// <summary>Of both kinds.</summary>
    public int Histories { get; private set; }

    /// <summary>Those in which the seed decides whose next statement runs.</summary>
    public int Interleaved { get; private set; }

    public long Steps { get; private set; }

    public long Orders { get; private set; }

    /// <summary>The histories, of both kinds, that took a course of their own.</summary>
    public int Courses => _courses.Count + Interleavings;

    /// <summary>The orders in which statements ran, of those that interleave.</summary>
    public int Interleavings => _interleavings.Count;

    public void Add(Outcome outcome, bool isInterleaved)
    {
        lock (_lock)
        {
            Histories++;
            Interleaved += isInterleaved ? 1 : 0;
            (isInterleaved ? _interleavings : _courses).Add(outcome.Fingerprint);
            (Steps, Orders) = (Steps + outcome.Steps, Orders + outcome.Orders);
            if (outcome.Broken.Count > 0)
            {
                _failures.Add(outcome);
            }
        }
    }
}
