using Microsoft.Extensions.Logging;

namespace ShopSaga.Tests.Simulation.Shop;

/// <summary>Tells the warnings and errors of a service in the story.</summary>
internal sealed class StoryLog(Story story) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && exception is not Crash)
        {
            var reason = exception is null ? "" : $": {exception.Message.Split('\n')[0].TrimEnd()}";
            story.Add($"{logLevel}: {formatter(state, exception)}{reason}");
        }
    }

    public void Dispose()
    {
    }
}
