using System.Text.RegularExpressions;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>What a history is played without.</summary>
/// <param name="Kinds">Kinds of faults.</param>
/// <param name="Cards">Cards of the deck, by their numbers.</param>
internal sealed record Without(IReadOnlySet<FaultKind> Kinds, IReadOnlySet<int> Cards)
{
    public static readonly Without Nothing = new(new HashSet<FaultKind>(), new HashSet<int>());
}

/// <summary>The kinds of faults that a history chooses.</summary>
internal enum FaultKind
{
    /// <summary>Messages that come twice.</summary>
    Duplicates,

    /// <summary>Services that die over a message.</summary>
    Crashes,

    /// <summary>Services that die over a request.</summary>
    Deaths,

    /// <summary>Faults of the provider's line.</summary>
    Line,

    /// <summary>Clocks apart.</summary>
    Clocks,

    /// <summary>A provider that reports nothing by itself.</summary>
    Silence,
}

/// <summary>
/// Makes a history that breaks a promise shorter: a kind of fault, or a part of the deck, is left out for good where the same promise is
/// broken without it. Each card has random numbers of its own, so that the others stay what they were.
/// </summary>
internal static partial class Shrinking
{
    public static async Task<Outcome> Shrink(World world, Outcome failure)
    {
        var shortest = failure;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            await Try(shortest.Without with { Kinds = shortest.Without.Kinds.Append(kind).ToHashSet() });
        }

        for (var size = Math.Max(failure.Cards / 2, 1); size > 0; size /= 2)
        {
            for (var last = failure.Cards - 1; last >= 0; last -= size)
            {
                var part = Enumerable.Range(last - size + 1, size).Except(shortest.Without.Cards).ToList();
                if (part.Count > 0)
                {
                    await Try(shortest.Without with { Cards = shortest.Without.Cards.Concat(part).ToHashSet() });
                }
            }
        }

        return shortest;

        async Task Try(Without without)
        {
            var outcome = await History.Play(world, failure.Seed, without);
            if (outcome.Broken is [var broken, ..] && Promise(broken) == Promise(failure.Broken[0]))
            {
                shortest = outcome;
            }
        }
    }

    /// <summary>What is broken, without the numbers of the history.</summary>
    private static string Promise(string broken) => Number().Replace(broken.Split(':')[0], "#");

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
