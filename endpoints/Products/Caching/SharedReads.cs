namespace ShopSaga.Products.Caching;

/// <summary>
/// Many who ask for the same thing at the same moment are served by few reads: one is under way, and all who come meanwhile share the next.
/// Nobody is served by a read that began before they asked; so everybody sees what was written before that.
/// </summary>
internal sealed class SharedReads<T>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Turn> _turns = [];

    public Task<T> Read(long id, Func<Task<T>> read)
    {
        lock (_lock)
        {
            if (_turns.TryGetValue(id, out var turn))
            {
                return turn.Next ??= WhenOver(turn.UnderWay, id, turn, read);
            }

            _turns.Add(id, turn = new Turn());
            var first = Run(id, turn, read);
            turn.UnderWay = first;
            return first;
        }
    }

    private async Task<T> WhenOver(Task before, long id, Turn turn, Func<Task<T>> read)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
        {
            (turn.UnderWay, turn.Next) = (turn.Next!, null);
        }

        return await Run(id, turn, read);
    }

    private async Task<T> Run(long id, Turn turn, Func<Task<T>> read)
    {
        try
        {
            return await Task.Run(read);
        }
        finally
        {
            lock (_lock)
            {
                if (turn.Next is null)
                {
                    _turns.Remove(id);
                }
            }
        }
    }

    private sealed class Turn
    {
        public Task UnderWay { get; set; } = Task.CompletedTask;

        public Task<T>? Next { get; set; }
    }
}
