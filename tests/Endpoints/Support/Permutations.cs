namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>Every order in which messages can arrive.</summary>
internal static class Permutations
{
    /// <summary>Every order of the numbers below <paramref name="count"/>, each of them twice.</summary>
    public static IEnumerable<int[]> OfEachTwice(int count) => Continue([], [.. Enumerable.Repeat(2, count)]);

    private static IEnumerable<int[]> Continue(int[] prefix, int[] left)
    {
        if (left.All(times => times == 0))
        {
            yield return prefix;
        }

        foreach (var next in Enumerable.Range(0, left.Length).Where(which => left[which] > 0))
        {
            int[] rest = [.. left];
            rest[next]--;
            foreach (var permutation in Continue([.. prefix, next], rest))
            {
                yield return permutation;
            }
        }
    }
}
