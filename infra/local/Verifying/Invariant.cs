namespace ShopSaga.Local.Verifying;

/// <summary>An invariant of the system, as checked.</summary>
/// <param name="Name">What must hold.</param>
/// <param name="Numbers">The numbers on both sides.</param>
/// <param name="Violations">What violates it; empty when it holds.</param>
internal sealed record Invariant(string Name, string Numbers, IReadOnlyList<string> Violations)
{
    public bool Holds => Violations.Count == 0;
}
