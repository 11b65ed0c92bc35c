using Npgsql;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Driven;

/// <summary>The databases of a <see cref="Simulation"/>, made once for many runs. Its endpoints do not run.</summary>
internal sealed class Shop : IAsyncDisposable
{
    private Shop(TestEndpoint sales, TestEndpoint billing) => (Sales, Billing) = (sales, billing);

    public TestEndpoint Sales { get; }

    public TestEndpoint Billing { get; }

    public static async Task<Shop> Open()
    {
        var broker = new InMemory(new InMemoryBroker(TimeProvider.System));
        var shop = new Shop(
            await TestEndpoint.Start(Simulation.ConfigureSales, services => Simulation.AddServices(services, _ => { }), broker: broker),
            await TestEndpoint.Start(Simulation.ConfigureBilling, services => Simulation.AddServices(services, _ => { }), broker: broker));
        foreach (var endpoint in new[] { shop.Sales, shop.Billing })
        {
            // Nothing of PostgreSQL dies in a simulation, so no commit needs to wait for the disk.
            await endpoint.Execute($"{Simulation.Schema}; alter database \"{endpoint.DatabaseName}\" set synchronous_commit = off");
            await endpoint.Stop();
            NpgsqlConnection.ClearPool(new NpgsqlConnection(endpoint.ConnectionString));
        }

        return shop;
    }

    public static Task<IReadOnlyList<string>> Effects(TestEndpoint endpoint, string of) =>
        endpoint.QueryAll<string>("select what from effects where of = @of order by what collate \"C\"", new { of });

    public async Task Empty()
    {
        await Sales.Execute($"delete from effects; delete from \"{Sales.OutboxTable}\"; delete from \"{Sales.Name}_OrderPolicy\"");
        await Billing.Execute($"delete from effects; delete from \"{Billing.OutboxTable}\"");
    }

    public async ValueTask DisposeAsync()
    {
        await Sales.DisposeAsync();
        await Billing.DisposeAsync();
    }
}
