using System.Diagnostics;
using NUnit.Framework;
using ShopSaga.Chaos.Faults;
using ShopSaga.Chaos.Shopping;
using ShopSaga.Local.Running;

namespace ShopSaga.Chaos;

/// <summary>A fault that happened.</summary>
/// <param name="At">When it began, since the start of the schedule.</param>
/// <param name="Fault">What broke, or the pair.</param>
/// <param name="Recovery">From the moment the cause was removed until an order placed then was final; null when none became final.</param>
internal sealed record PastFault(TimeSpan At, Fault Fault, TimeSpan? Recovery);

/// <summary>
/// Customers shop, while one fault after the other breaks a part of the machine; in the second half of the time two at once. After each,
/// the shop must recover by itself: a probe order becomes final.
/// </summary>
internal sealed class Campaign(Machine machine, int seed, TimeSpan duration, int minFaults, string only) : IDisposable
{
    private const int Customers = 6;
    private static readonly StackOptions Defaults = new();

    private readonly ClientRecord _record = new();
    private readonly Gate _gate = new();
    private readonly List<PastFault> _faults = [];
    private readonly List<Customer> _customers = [];

    public ClientRecord Record => _record;

    public IReadOnlyList<PastFault> Faults => _faults;

    public IReadOnlyList<Customer> Shoppers => _customers;

    public async Task Run(CancellationToken cancellationToken)
    {
        using var shopkeeper = new Shopkeeper(machine.Gateway, _record, new Random(seed));
        await shopkeeper.ListProducts(Defaults.AdminEmail, Defaults.AdminPassword);
        _customers.AddRange(Enumerable.Range(0, Customers + 1).Select(
            number => new Customer(number, machine.Gateway, _record, new Random(seed + number), shopkeeper.Listed)));
        foreach (var customer in _customers)
        {
            await customer.Register();
        }

        var probing = _customers[0];
        await OrdersKnowsProducts(shopkeeper.Listed);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var load = Task.WhenAll([
            shopkeeper.Work(_gate, end.Token), .. _customers[1..].Select(customer => customer.Shop(_gate, end.Token)),
        ]);
        try
        {
            await Break(probing, cancellationToken);
        }
        catch (AssertionException notRecovered)
        {
            _record.Violated(notRecovered.Message);
        }

        _record.Fault = "none";
        await end.CancelAsync();
        _gate.Open();
        try
        {
            await load;
        }
        catch (AssertionException neverAnswered)
        {
            _record.Violated(neverAnswered.Message);
        }
    }

    public void Dispose()
    {
        foreach (var customer in _customers)
        {
            customer.Dispose();
        }
    }

    private async Task Break(Customer probing, CancellationToken cancellationToken)
    {
        var deck = new FaultDeck(machine, new Random(seed), only);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration || _faults.Count < minFaults)
        {
            Fault[] faults = [deck.Draw()];
            if (clock.Elapsed > duration / 2 && !faults[0].NeedsIdleSystem)
            {
                faults = [faults[0], deck.DrawBeside(faults[0])];
            }

            _record.Fault = string.Join(" and ", faults.Select(fault => fault.Kind).Order());
            var (at, failuresBefore) = (clock.Elapsed, _record.Failures.Values.Sum());
            var ends = await Task.WhenAll(faults.Select(fault => Apply(fault, cancellationToken)));
            TimeSpan? recovery = null;
            try
            {
                await probing.Probe();
                recovery = Stopwatch.GetElapsedTime(ends.Max());
            }
            finally
            {
                _faults.AddRange(faults.Select(fault => new PastFault(at, fault, recovery)));
                Console.WriteLine(
                    $"{at.TotalSeconds,6:0.0} s  {string.Join(" and ", (object[])faults)}: "
                        + (recovery is { } time ? $"recovered after {time.TotalSeconds:0.0} s" : "NOT RECOVERED")
                        + $", {_record.Failures.Values.Sum() - failuresBefore} requests failed");
            }

            foreach (var name in machine.Ended)
            {
                _record.Violated($"{name} has ended by itself; its log is {machine.LogOf(name)}");
                await machine.Start(name, cancellationToken);
            }
        }
    }

    /// <summary>Returns when the cause was about to be removed.</summary>
    private async Task<long> Apply(Fault fault, CancellationToken cancellationToken)
    {
        if (fault.NeedsIdleSystem)
        {
            await _gate.Close();
            await Verdict.WaitUntilIdle(machine, cancellationToken);
        }

        await fault.Begin(cancellationToken);
        _gate.Open();
        await Task.Delay(fault.Duration, CancellationToken.None);
        var end = Stopwatch.GetTimestamp();
        await fault.End(CancellationToken.None);
        return end;
    }

    private async Task OrdersKnowsProducts(IReadOnlyList<long> products)
    {
        await using var orders = await Local.Verifying.SystemState.Open(machine.Database, "Orders", CancellationToken.None);
        await Eventually.Is(
            async () => await Dapper.SqlMapper.ExecuteScalarAsync<int>(orders, "SELECT count(*)::int FROM price_list") == products.Count,
            "Orders knows all products");
    }
}
