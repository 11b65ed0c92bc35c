namespace ShopSaga.Local.Verifying;

/// <summary>One equality of the books, with its numbers.</summary>
/// <param name="Name">What must hold, in words.</param>
/// <param name="Numbers">The numbers on both sides.</param>
/// <param name="Violations">Each thing that breaks it; none when it holds.</param>
internal sealed record Equality(string Name, string Numbers, IReadOnlyList<string> Violations)
{
    public bool Holds => Violations.Count == 0;
}
