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
    private readonly Lock _lock = new();
    private List<TaggedValue> _values = [];

    public string MetricType => metricType;

    public bool IsDue => _values.Count >= FetchAt;

    public void Add(long utcTicks, string tag, long value)
    {
        lock (_lock)
        {
            if (_values.Count < MaxWaiting)
            {
                _values.Add(new TaggedValue(utcTicks, tag, value));
            }
        }
    }

    public List<TaggedValue> Fetch()
    {
        List<TaggedValue> fetched;
        lock (_lock)
        {
            fetched = _values;
            _values = [];
        }

        fetched.Sort((one, other) => one.UtcTicks.CompareTo(other.UtcTicks));
        return fetched;
    }
}
