namespace ShopSaga.Load.Capacity;

/// <summary>What the shop runs on.</summary>
/// <param name="Services">Processors of the services; of everything, where nothing else is said.</param>
/// <param name="Instances">Of each endpoint.</param>
internal sealed record Layout(int Services, int Instances)
{
    /// <summary>Processors that servers, provider and customers share; null: those of the services.</summary>
    public int? Others { get; init; }

    /// <summary>
    /// Processors of each database, which has a server of its own; then a queue has one of the broker's, and provider and customers are
    /// elsewhere. 0: a server for all.
    /// </summary>
    public int EachDatabase { get; init; }

    /// <summary>All orders are for one product: its row is locked until the commit, so one group at a time reserves it.</summary>
    public bool IsOneProduct { get; init; }

    /// <summary>Whether a program is no service of the shop; Redis is counted with them.</summary>
    public static bool IsOther(string program) => program is "PostgreSQL" or "RabbitMQ" or "Psp";

    /// <summary>How much a second processors allow that are never idle.</summary>
    /// <param name="cpu">What one costs, in seconds of each program.</param>
    /// <param name="load">What it costs the customer.</param>
    public double Limit(IReadOnlyDictionary<string, double> cpu, double load)
    {
        var others = load + cpu.Sum(program => IsOther(program.Key) ? program.Value : 0);
        var services = load + cpu.Values.Sum() - others;
        return Others is { } number ? Math.Min(Services / services, number / others) : Services / (services + others);
    }
}
