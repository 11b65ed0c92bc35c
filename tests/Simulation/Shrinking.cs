using System.Text.RegularExpressions;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>What a history is played without.</summary>
/// <param name="Kinds">Kinds of faults.</param>
/// <param name="Actions">Actions, by their numbers.</param>
internal sealed record Without(IReadOnlySet<FaultKind> Kinds, IReadOnlySet<int> Actions)
{
    public static readonly Without Nothing = new(new HashSet<FaultKind>(), new HashSet<int>());
}

/// <summary>The kinds of faults that a history chooses.</summary>
internal enum FaultKind
{
    /// <summary>Messages that come twice.</summary>
    Duplicates,

    /// <summary>Services that die over a message.</summary>
    MessageCrashes,

    /// <summary>Services that die over a request.</summary>
    RequestCrashes,

    /// <summary>Faults of the provider's line.</summary>
    Line,

    /// <summary>Clocks apart.</summary>
    Clocks,

    /// <summary>A provider that reports nothing by itself.</summary>
    Silence,
}

/// <summary>
/// Makes a history that breaks a promise shorter: a kind of fault, or some of the actions, are left out for good where the same promise is
/// broken without it. Each action has random numbers of its own, so that the others stay what they were.
/// </summary>
internal static partial class Shrinking
{
    public static async Task<Outcome> Shrink(SimulatedShop shop, Outcome failure)
    {
        var shortest = failure;
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            await Try(shortest.Without with { Kinds = shortest.Without.Kinds.Append(kind).ToHashSet() });
        }

        for (var size = Math.Max(failure.Actions / 2, 1); size > 0; size /= 2)
        {
            for (var last = failure.Actions - 1; last >= 0; last -= size)
            {
                var part = Enumerable.Range(last - size + 1, size).Except(shortest.Without.Actions).ToList();
                if (part.Count > 0)
                {
                    await Try(shortest.Without with { Actions = shortest.Without.Actions.Concat(part).ToHashSet() });
                }
            }
        }

        return shortest;

        async Task Try(Without without)
        {
            var outcome = await History.Play(shop, failure.Seed, without);
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
