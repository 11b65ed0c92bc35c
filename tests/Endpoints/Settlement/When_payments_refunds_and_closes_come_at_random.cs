using FsCheck;
using FsCheck.Fluent;
using ShopSaga.Settlement.Reporting;

namespace ShopSaga.Tests.Endpoints.Settlement;

/// <summary>
/// Random sequences of payments, refunds, closes, late arrivals and duplicates on the real database, beside a model of the rules in twenty
/// lines. A failure prints the shrunk sequence and its seed.
/// </summary>
internal sealed class When_payments_refunds_and_closes_come_at_random
{
    private const int DaysOfAStory = 8;
    private const int Payments = 12;
    private static readonly DateOnly Beginning = new(2027, 12, 25);
    private TestBooks _books = null!;
    private int _story;

    [SetUp]
    public async Task SetUp() => _books = await TestBooks.Open();

    [TearDown]
    public async Task TearDown()
    {
        await _books.AssertTotalsAreTheSums();
        await _books.AssertSettlementsAreTheSums();
        await _books.DisposeAsync();
    }

    [Test]
    public void Should_add_up_to_captures_less_refunds_and_never_change_a_closed_day()
    {
        var stories = ArbMap.Default.ArbFor<Tuple<byte, byte, byte>[]>();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(50),
            Prop.ForAll(stories, story => Tell(story).GetAwaiter().GetResult()));
    }

    private async Task<bool> Tell(Tuple<byte, byte, byte>[] steps)
    {
        // Each story has its own days and payments, so that no table must be emptied; ends of months and years and a leap day are among
        // them.
        var story = _story++;
        var first = Beginning.AddDays(story * 2 * DaysOfAStory);
        var model = new Model();
        foreach (var (kind, which, when) in steps)
        {
            var day = first.AddDays(when % DaysOfAStory);
            var payment = (story * Payments) + (which % Payments);
            switch (kind % 5)
            {
                case 0 or 1:
                    await Handle(model, payment, isRefund: false, day);
                    break;
                case 2:
                    await Handle(model, payment, isRefund: true, day);
                    break;
                default:
                    await _books.Close(day);
                    model.Close(day);
                    break;
            }

            await AssertSame(model, first);
        }

        return true;
    }

    private Task Handle(Model model, int payment, bool isRefund, DateOnly day)
    {
        // A duplicate is the event as it came before: it keeps its time. Odd payments are made in the day's last millisecond in Seoul.
        var (date, amount) = model.Enter(payment, isRefund, day);
        var at = $"{date:yyyy-MM-dd}T{(payment % 2 == 0 ? "00:00:00.000" : "23:59:59.999")}+09:00";
        return _books.Handle(isRefund ? TestBooks.Refunded(payment + 1, amount, at) : TestBooks.Completed(payment + 1, amount, at));
    }

    private async Task AssertSame(Model model, DateOnly first)
    {
        var last = first.AddDays((2 * DaysOfAStory) - 1);
        var days = await SettlementPeriod.Read(_books.Database.Source, first, last, CancellationToken.None);
        var sum = Totals.Zero;
        for (var date = first; date <= last; date = date.AddDays(1))
        {
            Assert.That(days.Day(date), Is.EqualTo(model.On(date)));
            sum += new Totals(
                days.Day(date).TotalAmount, days.Day(date).PaymentCount, days.Day(date).RefundAmount, days.Day(date).RefundCount);
        }

        Assert.That(sum, Is.EqualTo(model.Sum));
    }

    private sealed class Model
    {
        private readonly Dictionary<(int, bool), (DateOnly Date, long Amount)> _entries = [];
        private readonly Dictionary<DateOnly, Totals> _days = [];
        private readonly HashSet<DateOnly> _closed = [];

        public Totals Sum { get; private set; } = Totals.Zero;

        public (DateOnly Date, long Amount) Enter(int payment, bool isRefund, DateOnly day)
        {
            if (_entries.TryGetValue((payment, isRefund), out var known))
            {
                return known;
            }

            var entry = _entries[(payment, isRefund)] = (day, 1000 + payment);
            var change = isRefund ? new Totals(0, 0, entry.Amount, 1) : new Totals(entry.Amount, 1, 0, 0);
            while (_closed.Contains(day))
            {
                day = day.AddDays(1);
            }

            _days[day] = _days.GetValueOrDefault(day, Totals.Zero) + change;
            Sum += change;
            return entry;
        }

        public void Close(DateOnly day) => _closed.Add(day);

        public DailySettlement On(DateOnly date) => DailySettlement.Of(
            date, _days.GetValueOrDefault(date, Totals.Zero), _closed.Contains(date));
    }
}
