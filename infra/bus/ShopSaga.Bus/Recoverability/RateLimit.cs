using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>
/// Spares what is broken.
/// <code>
///   off ── so many failures in a row ─► on: one message at a time, a pause after each that fails ── the first success ─► off
/// </code>
/// </summary>
internal sealed class RateLimit(ConsecutiveFailures settings, TimeProvider time, ILogger<RateLimit> logger)
{
    private readonly Channel<bool> _turn = Channel.CreateBounded<bool>(1);
    private int _failures;
    private volatile bool _isOn;

    public bool IsOn => _isOn;

    /// <summary>Waits until it may be processed, and gives what ends the turn; nothing waits, or is given, while the limit is off.</summary>
    public async Task<IDisposable?> Turn(CancellationToken cancellationToken)
    {
        if (!_isOn)
        {
            return null;
        }

        await _turn.Writer.WriteAsync(true, cancellationToken);
        return new EndOfTurn(_turn);
    }

    public async Task Succeeded(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _failures, 0);
        if (_isOn)
        {
            _isOn = false;
            logger.LogInformation(BusEvents.RateLimitEnded, "A message succeeded: messages are processed side by side again");
            await (settings.RateLimit.OnEnded?.Invoke(cancellationToken) ?? Task.CompletedTask);
        }
    }

    public async Task Failed(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _failures) == settings.Number)
        {
            _isOn = true;
            logger.LogWarning(BusEvents.RateLimitStarted, "{Failures} messages failed in a row: they are processed one at a time", settings.Number);
            await (settings.RateLimit.OnStarted?.Invoke(cancellationToken) ?? Task.CompletedTask);
        }

        if (_isOn)
        {
            await Task.Delay(settings.RateLimit.Wait, time, cancellationToken);
        }
    }

    private sealed class EndOfTurn(Channel<bool> turn) : IDisposable
    {
        public void Dispose() => turn.Reader.TryRead(out _);
    }
}
