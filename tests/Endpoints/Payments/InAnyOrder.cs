namespace ShopSaga.Tests.Endpoints.Payments;

/// <summary>Every order in which things can arrive.</summary>
internal static class InAnyOrder
{
    /// <summary>So many things, each twice, by number.</summary>
    public static IEnumerable<int[]> EachTwice(int count) => Permutations([], [.. Enumerable.Repeat(2, count)]);

    private static IEnumerable<int[]> Permutations(int[] prefix, int[] left)
    {
        if (left.All(times => times == 0))
        {
            yield return prefix;
        }

        foreach (var next in Enumerable.Range(0, left.Length).Where(which => left[which] > 0))
        {
            int[] rest = [.. left];
            rest[next]--;
            foreach (var permutation in Permutations([.. prefix, next], rest))
            {
                yield return permutation;
            }
        }
    }
}
