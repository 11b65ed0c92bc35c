using ShopSaga.Tests.Simulation.Interleaving;
using ShopSaga.Tests.Simulation.Shop;

namespace ShopSaga.Tests.Simulation;

/// <summary>
/// Receivers, a customer and a reader are in the middle of their transactions at the same time, and the seed says whose next statement
/// runs.
/// </summary>
internal sealed class When_transactions_interleave
{
    private const int Histories = 20;
    private const int HistoriesWithFault = 60;
    private const string Service = "Payments";

    private static SimulatedShop Shop => Shops.All[0];

    [Test]
    public async Task Should_end_idle_with_balanced_books()
    {
        var first = Random.Shared.Next(1_000_000_000);
        var failure = await Interleaved.FirstFailure(Shop, first, Histories, _ => true);
        Assert.That(failure?.Broken, Is.Null, $"seed {failure?.Outcome.Seed}\n{failure?.Outcome.Story}");
    }

    [Test]
    public async Task Should_play_a_seed_again()
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            var first = await Interleaved.Play(Shop, seed);
            var again = await Interleaved.Play(Shop, seed);
            Assert.That(again.Story, Is.EqualTo(first.Story), $"seed {seed}");
        }
    }

    /// <summary>Without the index, two messages of one order start two sagas.</summary>
    [Test]
    public async Task Should_find_a_saga_that_stays_for_ever()
    {
        const string Table = "ShopSaga_Payments_PaymentPolicy";
        var index = (await Shop.Databases.Query<(string Name, string Definition)>(
            Service,
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = @Table AND indexdef LIKE '%Correlation_OrderId%'",
            new { Table })).Single();
        await Shop.Databases.Execute(Service, $"DROP INDEX \"{index.Name}\"");
        try
        {
            await AssertFound(broken => broken.Contains("saga", StringComparison.Ordinal));
        }
        finally
        {
            await Shop.Begin(seed: 0);
            await Shop.Databases.Execute(Service, index.Definition);
        }
    }

    /// <summary>The policy completes when the payment begins, and a cancellation under way then does not hear of the payment.</summary>
    [Test]
    public async Task Should_find_a_payment_that_its_cancellation_misses()
    {
        await Shop.Databases.Execute(
            Service,
            """
            CREATE FUNCTION complete_policy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                DELETE FROM "ShopSaga_Payments_PaymentPolicy" WHERE "Correlation_OrderId" = NEW.order_id::text;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER complete_policy AFTER INSERT ON payments
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION complete_policy();
            """);
        try
        {
            // That a saga is gone, or anew, is the fault itself.
            await AssertFound(broken => !broken.StartsWith("every saga", StringComparison.Ordinal));
        }
        finally
        {
            await Shop.Databases.Execute(Service, "DROP FUNCTION complete_policy CASCADE");
        }
    }

    /// <summary>Looks for the fault while the messages of an order do not wait for each other, which alone would prevent it.</summary>
    private static async Task AssertFound(Func<string, bool> counts)
    {
        Shop.LocksKeys = false;
        try
        {
            var found = await Interleaved.FirstFailure(Shop, first: 1, HistoriesWithFault, counts, Service);
            Assert.That(found, Is.Not.Null, $"not found in {HistoriesWithFault} histories");
            TestContext.Out.WriteLine($"found after {found?.Outcome.Seed} histories: {found?.Broken}\n{found?.Outcome.Story}");
        }
        finally
        {
            Shop.LocksKeys = true;
        }
    }
}
