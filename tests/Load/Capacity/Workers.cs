namespace ShopSaga.Load.Capacity;

/// <summary>The workers of a service: each takes what waits, up to the size of a group, and is busy with it.</summary>
internal sealed class Workers
{
    private readonly Queue<TaskCompletionSource> _messages = [];
    private readonly Queue<TaskCompletionSource> _idle = [];
    private readonly int _groupSize;
    private readonly Func<int, Task> _transact;

    public Workers(int workers, int groupSize, Func<int, Task> transact, List<Task> running)
    {
        (_groupSize, _transact) = (groupSize, transact);
        running.AddRange(Enumerable.Range(0, workers).Select(_ => Work()));
    }

    /// <summary>Ends when the group of the message is done.</summary>
    public Task Handle()
    {
        var message = new TaskCompletionSource();
        _messages.Enqueue(message);
        if (_idle.TryDequeue(out var worker))
        {
            worker.SetResult();
        }

        return message.Task;
    }

    private async Task Work()
    {
        var group = new List<TaskCompletionSource>(_groupSize);
        while (true)
        {
            while (_messages.Count == 0)
            {
                var message = new TaskCompletionSource();
                _idle.Enqueue(message);
                await message.Task;
            }

            while (group.Count < _groupSize && _messages.TryDequeue(out var next))
            {
                group.Add(next);
            }

            await _transact(group.Count);
            group.ForEach(message => message.SetResult());
            group.Clear();
        }
    }
}
