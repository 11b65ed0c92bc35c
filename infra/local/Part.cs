using ShopSaga.Local.Processes;

namespace ShopSaga.Local;

/// <summary>One process of the stack: how it is started, and how one asks whether it is ready.</summary>
internal sealed class Part(string name, Command command, Func<CancellationToken, Task> ask, DataFolder folder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private Child? _child;

    public string Name => name;
    public string Log => folder.LogOf(name);
    public int? Pid => _child is { HasExited: false } ? _child.Pid : null;

    /// <summary>Starts it and returns when it is ready.</summary>
    public Task Start(CancellationToken cancellationToken) => Start([], cancellationToken);

    /// <summary>The same, with variables in its environment that this start alone has.</summary>
    public async Task Start(Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        if (Pid is not null)
        {
            throw new InvalidOperationException($"{name} runs already.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        _child = await Child.Start(command with { Environment = new(command.Environment.Concat(settings)) }, Log);
        folder.Record(name, _child);
        await Ready.When(name, _child, Log, ask, cancellationToken);
    }

    /// <summary>Asks it to end; by force when it does not.</summary>
    public Task Stop() => _child?.Stop(Patience) ?? Task.CompletedTask;

    /// <summary>Ends it quickly, since its data goes too.</summary>
    public Task Abandon() => _child?.Abandon(Patience) ?? Task.CompletedTask;

    /// <summary>SIGKILL, as a crash or a power cut would have it.</summary>
    public Task Kill() => _child?.Kill() ?? Task.CompletedTask;
}
