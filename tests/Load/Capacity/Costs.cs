using ShopSaga.Load.Shop;

namespace ShopSaga.Load.Capacity;

/// <summary>What an order or a read costs in seconds: processor time of each program, and how long a flush of the disk takes.</summary>
internal sealed record Costs(IReadOnlyDictionary<string, double> Processor, double Load, double Flush)
{
    private static readonly string[] Servers = ["PostgreSQL", "RabbitMQ", "Psp"];

    public double this[string program] => Processor.GetValueOrDefault(program);

    /// <summary>Of the services, Redis with them.</summary>
    public double Services => Processor.Sum(program => Servers.Contains(program.Key) ? 0 : program.Value);

    /// <summary>From figures that begin with a name.</summary>
    public static Costs From(IReadOnlyDictionary<string, Measured> figures, string name)
    {
        var prefix = $"{name}.cpu.";
        return new Costs(
            figures.Where(figure => figure.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(figure => figure.Key[prefix.Length..], figure => figure.Value.Value / 1000),
            figures[$"{name}.load.cpu"].Value / 1000,
            figures["shop.flush"].Value / 1000);
    }

    /// <summary>How many a second processors allow that are never idle.</summary>
    public double Limit(Layout layout)
    {
        var others = Processor.Values.Sum() - Services + Load;
        return layout.Others is { } number
            ? Math.Min(layout.Services / Services, number / others)
            : layout.Services / (Services + others);
    }
}
