using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>Keeps what the bus warns of.</summary>
internal sealed class Warnings : ILoggerProvider, ILogger
{
    private readonly Seen<string> _all = new();

    public IReadOnlyCollection<string> All => _all.All;

    public void AddTo(IServiceCollection services) => services.AddLogging(logging =>
        logging.AddProvider(this).AddFilter<Warnings>("ShopSaga.Bus", LogLevel.Warning));

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _all.Add(formatter(state, exception));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
