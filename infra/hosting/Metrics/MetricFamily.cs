using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace ShopSaga.Hosting.Metrics;

/// <summary>How the values of a metric add up, by the names of the text format.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>
/// A metric by its name in the text format, with a series for each combination of labels. There are at most <see cref="MostSeries"/>; what comes beyond
/// them is added to one series, since labels could be as many as somebody outside likes.
/// </summary>
internal sealed class MetricFamily
{
    public const int MostSeries = 1000;
    private static readonly KeyValuePair<string, object?>[] Overflow = [new("overflow", "true")];

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _series = new(new SameLabels());
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _byTags;
    private readonly bool _isObserved;
    private readonly bool _isLastValue;
    private readonly double[] _buckets;

    private MetricFamily(string name, MetricKind kind, string? help, bool isObserved, bool isLastValue, double[] buckets)
    {
        Name = name;
        Kind = kind;
        Help = help;
        _isObserved = isObserved;
        _isLastValue = isLastValue;
        _buckets = buckets;
        _byTags = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public string Name { get; }

    public MetricKind Kind { get; }

    public string? Help { get; }

    public IEnumerable<(KeyValuePair<string, object?>[] Labels, MetricSeries Series)> Series => _series.Select(entry => (entry.Key, entry.Value));

    public static MetricFamily Of(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
            : type == typeof(Histogram<>) ? MetricKind.Histogram
            : MetricKind.Gauge;
        return new MetricFamily(
            PrometheusText.NameOf(instrument.Name, instrument.Unit, kind),
            kind,
            instrument.Description,
            instrument.IsObservable,
            instrument.IsObservable || type == typeof(Gauge<>),
            kind == MetricKind.Histogram ? BucketsOf(instrument) : []);
    }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_byTags.TryGetValue(tags, out var series))
        {
            series = _series.GetOrAdd(_series.Count < MostSeries ? tags.ToArray() : Overflow, new MetricSeries(_buckets));
        }

        series.Add(value, _isLastValue);
    }

    /// <summary>Observed values are told anew at each reading; a series that is told no more is gone.</summary>
    public void ForgetObserved()
    {
        if (_isObserved)
        {
            _series.Clear();
        }
    }

    private static double[] BucketsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries,
            Histogram<float> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<long> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            _ => null,
        };
        return advised is not null ? [.. advised]
            : instrument.Unit == "s" ? [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]
            : [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
    }

    /// <summary>Finds a series by the tags of a measurement without copying them.</summary>
    private sealed class SameLabels
        : IEqualityComparer<KeyValuePair<string, object?>[]>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public bool Equals(KeyValuePair<string, object?>[]? one, KeyValuePair<string, object?>[]? other) => Equals(one.AsSpan(), other!);

        public int GetHashCode([DisallowNull] KeyValuePair<string, object?>[] labels) => GetHashCode(labels.AsSpan());

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> one, KeyValuePair<string, object?>[] other)
        {
            if (one.Length != other.Length)
            {
                return false;
            }

            for (var i = 0; i < one.Length; i++)
            {
                if (one[i].Key != other[i].Key || !Equals(one[i].Value, other[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> labels)
        {
            var hash = default(HashCode);
            foreach (var (key, value) in labels)
            {
                hash.Add(key);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> labels) => labels.ToArray();
    }
}
