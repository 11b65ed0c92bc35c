using System.Threading.Channels;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>One measured value, with the time it was measured at and the message type it is of.</summary>
internal readonly record struct TaggedValue(long UtcTicks, string Tag, long Value);

/// <summary>
/// Values of one metric that wait to be reported, fetched in order of time. Their number is bounded: when it is reached, new values are
/// dropped.
/// </summary>
internal sealed class TaggedValues(string metricType)
{
    private const int MaxWaiting = 4096;
    private const int FetchAt = 2048;

    private readonly Channel<TaggedValue> _values = Channel.CreateBounded<TaggedValue>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    public string MetricType => metricType;

    public bool IsDue => _values.Reader.Count >= FetchAt;

    public void Add(long utcTicks, string tag, long value) => _values.Writer.TryWrite(new TaggedValue(utcTicks, tag, value));

    public TaggedValue[] Fetch()
    {
        var fetched = new List<TaggedValue>();
        while (_values.Reader.TryRead(out var value))
        {
            fetched.Add(value);
        }

        return [.. fetched.OrderBy(value => value.UtcTicks)];
    }
}
