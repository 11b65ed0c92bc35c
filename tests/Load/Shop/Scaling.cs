namespace ShopSaga.Load.Shop;

/// <summary>How large a stack is.</summary>
/// <param name="Name">In the names of figures.</param>
/// <param name="Instances">Of each endpoint and of the web application.</param>
internal sealed record StackSize(string Name, int Instances)
{
    /// <summary>Tells .NET how many processors it has.</summary>
    public const string ProcessorCount = "DOTNET_PROCESSOR_COUNT";

    /// <summary>How many processors everything has together, the load too; null: all.</summary>
    public int? Processors { get; init; }

    /// <summary>One of the kinds of <see cref="Confinement"/>, or null for none.</summary>
    public string? Confined { get; init; }
}

/// <summary>
/// The shop with more instances, each of which has one processor: what all share (PostgreSQL, the broker, locks) costs more with each
/// instance, or limits them. What one instance has for itself does neither.
/// </summary>
internal static class Scaling
{
    private static readonly StackSize[] Sizes =
        [.. ((int[])[1, 2, 4]).Select(number => new StackSize($"{number}-instances", number) { Confined = Confinement.Instances })];

    /// <summary>Measures each size; the ratios are to one instance.</summary>
    /// <param name="report">Takes the figures.</param>
    /// <param name="seconds">How long each load takes.</param>
    public static async Task Run(Report report, int seconds)
    {
        Dictionary<string, Measured>? one = null;
        foreach (var size in Sizes)
        {
            var figures = await ShopCampaign.MeasureStackOf(Directory.GetCurrentDirectory(), seconds, ShopCampaign.ScaleOut, size);
            one ??= figures;
            foreach (var (name, (_, value, unit)) in figures)
            {
                double? ofOne = one.TryGetValue(name, out var figure) && figure.Value != 0 ? figure.Value : null;
                report.Add(name.Replace("shop.", $"scale-out.{size.Name}.", StringComparison.Ordinal), value, unit, ofOne);
            }
        }
    }
}
