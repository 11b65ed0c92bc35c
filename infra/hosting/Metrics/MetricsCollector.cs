using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ShopSaga.Hosting.Metrics;

/// <summary>
/// Adds up what the meters of this process measure, from start to end, to be read as Prometheus text. Instruments that are observed are asked when
/// somebody reads, and only then.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _reading = new();

    /// <param name="meters">Names of meters; an asterisk at the end stands for any rest.</param>
    public MetricsCollector(IReadOnlyList<string> meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (meters.Any(name => name.EndsWith('*')
                ? instrument.Meter.Name.StartsWith(name[..^1], StringComparison.Ordinal)
                : instrument.Meter.Name == name))
            {
                var family = MetricFamily.Of(instrument);
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(family.Name, family));
            }
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Measured(value, tags, family));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, family) => Measured((double)value, tags, family));
        _listener.Start();
    }

    /// <summary>All metrics now, as Prometheus text.</summary>
    public string Read()
    {
        lock (_reading)
        {
            foreach (var family in _families.Values)
            {
                family.ForgetObserved();
            }

            _listener.RecordObservableInstruments();
            return PrometheusText.Write(_families.Values);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Measured(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family) =>
        ((MetricFamily)family!).Add(value, tags);
}
