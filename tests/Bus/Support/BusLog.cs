using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>The warnings and errors that the bus logs.</summary>
internal sealed class BusLog
{
    private readonly FakeLogCollector _collector = FakeLogCollector.Create(new FakeLogCollectorOptions());

    public IReadOnlyList<FakeLogRecord> Records => _collector.GetSnapshot();

    public IEnumerable<string> Warnings => Records.Where(record => record.Level == LogLevel.Warning).Select(record => record.Message);

    public IEnumerable<string> CriticalErrors =>
        Records.Where(record => record.Level == LogLevel.Critical).Select(record => record.Message);

    public void AddTo(IServiceCollection services) => services.AddLogging(logging => logging
        .AddProvider(new FakeLoggerProvider(_collector))
        .AddFilter<FakeLoggerProvider>(null, LogLevel.None)
        .AddFilter<FakeLoggerProvider>("ShopSaga.Bus", LogLevel.Warning));
}
