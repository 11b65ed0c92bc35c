using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace ShopSaga.Tests.Endpoints.Choreography;

/// <summary>
/// The rule of the choreography, for random sets of orders, cancellations and outcomes at the provider: for any order of delivery, and
/// however often something is delivered, in the end no order is open and the books balance.
/// </summary>
/// <remarks>A failure prints the smallest plan that fails and the seed that finds it again: set SHOPSAGA_REPLAY to the latter.</remarks>
internal sealed class When_messages_come_in_any_order_and_any_number_of_times
{
    private const int Plans = 60;
    private Network _network = null!;

    [OneTimeSetUp]
    public async Task Open() => _network = await Network.Open();

    [OneTimeTearDown]
    public ValueTask Close() => _network.DisposeAsync();

    [Test]
    public void Should_leave_no_order_open_and_the_books_balanced()
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(Plans).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("SHOPSAGA_REPLAY") is { Length: > 0 } seed)
        {
            var parts = seed.Trim('(', ')').Split(',').Select(part => ulong.Parse(part, CultureInfo.InvariantCulture)).ToList();
            config = config.WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(parts[0], parts[1]), FSharpOption<int>.None)));
        }

        Check.One(config, Prop.ForAll(Plan.Any, async (Plan plan) =>
        {
            var faults = await _network.Run(plan);
            return (faults.Count == 0).Label(string.Join(Environment.NewLine, faults));
        }));
    }
}
