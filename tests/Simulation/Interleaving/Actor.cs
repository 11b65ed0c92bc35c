namespace ShopSaga.Tests.Simulation.Interleaving;

/// <summary>One of several clients and receivers that run concurrently. It goes on only when it is its turn.</summary>
/// <param name="name">For the story.</param>
/// <param name="changed">Called when the actor stops or ends.</param>
internal sealed class Actor(string name, Action changed) : IDisposable
{
    private static readonly AsyncLocal<Actor?> Running = new();
    private readonly SemaphoreSlim _turn = new(0);
    private int _stopped;

    /// <summary>The actor in whose flow the caller is; null for work in the background.</summary>
    public static Actor? Current => Running.Value;

    public string Name => name;

    /// <summary>Of those that can go on, the one with the highest priority does.</summary>
    public int Priority { get; set; }

    /// <summary>Whether it has found nothing to do since anything happened last.</summary>
    public bool IsIdle { get; set; }

    public bool HasEnded { get; private set; }

    /// <summary>Whether it, or something that it has begun, waits for its turn.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) > 0;

    /// <summary>Begins <paramref name="work"/>, at its first turn.</summary>
    public Task Run(Func<Actor, Task> work) => Task.Run(async () =>
    {
        Running.Value = this;
        try
        {
            Stop();
            await work(this);
        }
        finally
        {
            HasEnded = true;
            changed();
        }
    });

    /// <summary>Holds this thread until it is the actor's turn.</summary>
    public void Stop()
    {
        if (HasEnded)
        {
            return;
        }

        Interlocked.Increment(ref _stopped);
        changed();
        _turn.Wait();
    }

    public void GoOn()
    {
        Interlocked.Decrement(ref _stopped);
        _turn.Release();
    }

    public void Dispose() => _turn.Dispose();
}
