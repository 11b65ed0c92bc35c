using NUnit.Framework;
using ShopSaga.Chaos.Shopping;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Chaos;

/// <summary>Customers who shop, and the shopkeeper, while something happens to the machine.</summary>
internal sealed class Load(Machine machine, int seed) : IDisposable
{
    private const int Customers = 4;
    private static readonly StackOptions Defaults = new();

    private readonly List<Customer> _customers = [];

    public ClientRecord Record { get; } = new();

    /// <summary>Holds the load back while it is closed.</summary>
    public Gate Gate { get; } = new();

    /// <summary>A customer who only sends probes.</summary>
    public Customer Probing => _customers[0];

    /// <summary>Does the work under load, and then ends the load.</summary>
    public async Task During(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var shopkeeper = new Shopkeeper(machine.Gateway, Record, new Random(seed));
        await shopkeeper.ListProducts(Defaults.AdminEmail, Defaults.AdminPassword);
        _customers.AddRange(Enumerable.Range(0, Customers + 1).Select(
            number => new Customer(number, machine.Gateway, Record, new Random(seed + number), shopkeeper.Listed)));
        foreach (var customer in _customers)
        {
            await customer.Register();
        }

        await OrdersKnows(shopkeeper.Listed.Count);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var load = Task.WhenAll([
            shopkeeper.Work(Gate, end.Token), .. _customers[1..].Select(customer => customer.Shop(Gate, end.Token)),
        ]);
        await Recorded(work(cancellationToken));
        Record.Fault = "none";
        await end.CancelAsync();
        Gate.Open();
        await Recorded(load);
    }

    public void Dispose()
    {
        foreach (var customer in _customers)
        {
            customer.Dispose();
        }
    }

    /// <summary>A condition that did not come true is a broken promise, and so is a process that does not start.</summary>
    private async Task Recorded(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception missed) when (missed is AssertionException or CannotStartException or InvalidOperationException)
        {
            Record.Violated(missed.Message);
        }
    }

    private async Task OrdersKnows(int products)
    {
        await using var orders = await SystemState.Open(machine.Database, "Orders", CancellationToken.None);
        await Eventually.Is(
            async () => await Dapper.SqlMapper.ExecuteScalarAsync<int>(orders, "SELECT count(*)::int FROM price_list") == products,
            "Orders knows all products");
    }
}
