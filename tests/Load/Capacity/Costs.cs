using ShopSaga.Load.Shop;

namespace ShopSaga.Load.Capacity;

/// <summary>Processor time in seconds: of each message and, however many messages it handles, of each transaction.</summary>
internal sealed record Cost(double Messages, double Transactions);

/// <summary>What an order costs.</summary>
/// <param name="Grouped">Processor time of each program in seconds, at saturation.</param>
/// <param name="Programs">The same, divided; of an order whose messages are all handled alone.</param>
/// <param name="Load">Processor time of the one who orders.</param>
/// <param name="Flush">How long a flush of the disk takes.</param>
internal sealed record Costs(
    IReadOnlyDictionary<string, double> Grouped, IReadOnlyDictionary<string, Cost> Programs, double Load, double Flush)
{
    /// <summary>Programs that handle messages in groups, and their databases.</summary>
    private static readonly Dictionary<string, string> Databases = new()
    {
        ["Orders"] = ".orderdb",
        ["Payments"] = ".paymentdb",
        ["Products"] = ".productdb",
        ["Settlement"] = ".settlementdb",
        ["Users"] = ".userdb",
        ["PostgreSQL"] = "",
    };

    /// <summary>Processor time of all services, at saturation.</summary>
    public double Services => Grouped.Sum(program => Layout.IsOther(program.Key) ? 0 : program.Value);

    /// <summary>
    /// From what was measured at saturation, and at 30% of that, where a group has one message. The commits say how many a group has at
    /// saturation, and the processor time what is saved by that.
    /// </summary>
    public static Costs From(IReadOnlyDictionary<string, Measured> figures)
    {
        var grouped = CpuOf(figures, "shop.many");
        return new Costs(
            grouped,
            grouped.ToDictionary(program => program.Key, program => Divide(program.Key, program.Value)),
            figures["shop.many.load.cpu"].Value / 1000,
            figures["shop.flush"].Value / 1000);

        Cost Divide(string program, double seconds)
        {
            if (!Databases.TryGetValue(program, out var database))
            {
                return new Cost(seconds, 0);
            }

            var group = figures[$"shop.at-30.commits{database}"].Value / figures[$"shop.many.commits{database}"].Value;
            var saved = Math.Max(0, (figures[$"shop.at-30.cpu.{program}"].Value / 1000) - seconds);
            var transactions = group > 1 ? Math.Min(saved / (1 - (1 / group)), seconds * group) : 0;
            return new Cost(seconds - (transactions / group), transactions);
        }
    }

    /// <summary>Processor time of each program in seconds, from figures that begin with a name.</summary>
    public static Dictionary<string, double> CpuOf(IReadOnlyDictionary<string, Measured> figures, string name)
    {
        var prefix = $"{name}.cpu.";
        return figures.Where(figure => figure.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(figure => figure.Key[prefix.Length..], figure => figure.Value.Value / 1000);
    }
}
