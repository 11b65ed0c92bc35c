using System.Globalization;

namespace ShopSaga.Orders.Following;

/// <summary>How many streams a user may have open at this instance. A stream costs memory and a connection for as long as an order takes.</summary>
internal sealed class FollowerLimit
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _streams = [];

    /// <summary>Reads <c>Orders:StreamsPerUser</c>, 30 by default.</summary>
    /// <exception cref="InvalidOperationException">It is not a number from 1 to 10,000.</exception>
    public FollowerLimit(IConfiguration configuration)
    {
        var text = configuration["Orders:StreamsPerUser"] ?? "30";
        Most = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= 10_000
            ? most
            : throw new InvalidOperationException(
                $"Configuration 'Orders:StreamsPerUser' is '{text}'. Set Orders__StreamsPerUser to a number from 1 to 10000.");
    }

    public int Most { get; }

    /// <summary>A place among the user's streams until disposed, or null when all are taken.</summary>
    public IDisposable? Enter(long userId)
    {
        lock (_lock)
        {
            var open = _streams.GetValueOrDefault(userId);
            if (open == Most)
            {
                return null;
            }

            _streams[userId] = open + 1;
            return new Place(this, userId);
        }
    }

    private void Leave(long userId)
    {
        lock (_lock)
        {
            if (--_streams[userId] == 0)
            {
                _streams.Remove(userId);
            }
        }
    }

    private sealed class Place(FollowerLimit limit, long userId) : IDisposable
    {
        public void Dispose() => limit.Leave(userId);
    }
}
