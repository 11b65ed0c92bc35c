using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Data;

/// <summary>A process of the stack: how to start it, and how to probe whether it is ready.</summary>
internal sealed class StackProcess(string name, Command command, Func<CancellationToken, Task> probe, DataFolder folder)
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);
    private Child? _child;

    public string Name => name;
    public string Log => folder.LogOf(name);
    public int? Pid => _child is { HasExited: false } ? _child.Pid : null;

    /// <summary>Completes when the process that was last started has ended.</summary>
    public Task Exited => _child?.Exited ?? throw new InvalidOperationException($"{name} was never started.");

    /// <summary>The exit code of a process that has ended; 128 plus the number of the signal that killed it.</summary>
    public int ExitCode => _child?.ExitCode ?? throw new InvalidOperationException($"{name} was never started.");

    /// <summary>Starts the process and returns when it is ready.</summary>
    public Task Start(CancellationToken cancellationToken) => Start([], cancellationToken);

    /// <summary>Starts the process with additional environment variables, for this start only.</summary>
    public Task Start(Dictionary<string, string> settings, CancellationToken cancellationToken) =>
        Start(command with { Environment = new(command.Environment.Concat(settings)) }, cancellationToken);

    /// <summary>Starts the process with other arguments and in another folder, for this start only.</summary>
    public Task StartFrom(Func<string, string> replace, CancellationToken cancellationToken) => Start(
        command with { Arguments = [.. command.Arguments.Select(replace)], Folder = command.Folder is { } folder ? replace(folder) : null },
        cancellationToken);

    private async Task Start(Command description, CancellationToken cancellationToken)
    {
        if (Pid is not null)
        {
            throw new InvalidOperationException($"{name} runs already.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        _child = await Child.Start(description, Log);
        folder.Record(name, _child);
        await Readiness.WaitFor(name, _child, Log, probe, cancellationToken);
    }

    /// <summary>Asks the process to stop; kills it when it does not stop in time.</summary>
    public Task Stop() => _child?.Stop(StopTimeout) ?? Task.CompletedTask;

    /// <summary>Stops the process quickly: its data is about to be deleted.</summary>
    public Task Abandon() => _child?.Abandon(StopTimeout) ?? Task.CompletedTask;

    /// <summary>Sends SIGKILL, which has the effect of a crash.</summary>
    public Task Kill() => _child?.Kill() ?? Task.CompletedTask;

    /// <summary>
    /// Completes when an absence that <see cref="TakeAway"/> began is over; a supervisor leaves the process alone until then.
    /// </summary>
    public Task Absence { get; private set; } = Task.CompletedTask;

    /// <summary>Kills the process on purpose, and starts it again after a while.</summary>
    /// <returns>Once it is ready again.</returns>
    public Task TakeAway(TimeSpan time, CancellationToken cancellationToken)
    {
        if (Absence.IsCompleted)
        {
            var gone = new TaskCompletionSource();
            Absence = Back(gone.Task);
            gone.SetResult();
        }

        return Absence;

        async Task Back(Task begun)
        {
            await begun;
            await Kill();
            await Task.Delay(time, cancellationToken);
            await Start(cancellationToken);
        }
    }
}
