using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>Keeps which events were logged, and what they said.</summary>
internal sealed class LoggedEvents : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _events = [];

    public IEnumerable<string> Of(EventId id) => _events.Where(logged => logged.Id == id.Id).Select(logged => logged.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Enqueue((eventId.Id, formatter(state, exception)));

    public void Dispose()
    {
    }
}
