using ShopSaga.Local.Processes;

namespace ShopSaga.Chaos.Faults;

/// <summary>SIGKILL, and later a new start.</summary>
internal sealed record ProcessKilled(Machine Machine, string Name) : Fault($"kill {Kinds.Of(Name)}", Name)
{
    public override Task Begin(CancellationToken cancellationToken) => Machine.Kill(Name);

    public override Task End(CancellationToken cancellationToken) => Machine.Start(Name, cancellationToken);
}

/// <summary>SIGSTOP, and later SIGCONT: everybody else sees a process that is there and does nothing.</summary>
internal sealed record ProcessPaused(Machine Machine, string Name) : Fault($"pause {Kinds.Of(Name)}", Name)
{
    public override Task Begin(CancellationToken cancellationToken)
    {
        Machine.Send(Name, Signal.Stop);
        return Task.CompletedTask;
    }

    public override Task End(CancellationToken cancellationToken)
    {
        Machine.Send(Name, Signal.Continue);
        return Task.CompletedTask;
    }
}

/// <summary>An instance is restarted with another time, and later with the right one.</summary>
internal sealed record ClockMoved(Machine Machine, string Name, int Seconds) : Fault($"move the clock of {Kinds.Of(Name)}", Name)
{
    public override async Task Begin(CancellationToken cancellationToken)
    {
        await Machine.Stop(Name);
        await Machine.StartWithClock(Name, Seconds, cancellationToken);
    }

    public override async Task End(CancellationToken cancellationToken)
    {
        await Machine.Stop(Name);
        await Machine.Start(Name, cancellationToken);
    }
}

/// <summary>All connections of the services to one server.</summary>
internal sealed record ConnectionsBroken(Machine Machine, string Server, Line Line)
    : Fault($"{(Line == Line.Silent ? "halve" : Line == Line.Slow ? "delay" : "cut")} {Server}", Server)
{
    public override Task Begin(CancellationToken cancellationToken)
    {
        Machine.Lines[Server].Set(Line);
        return Task.CompletedTask;
    }

    public override Task End(CancellationToken cancellationToken)
    {
        Machine.Lines[Server].Set(Line.Open);
        return Task.CompletedTask;
    }
}

/// <summary>The names under which recovery times are grouped.</summary>
internal static class Kinds
{
    /// <summary>Without the number of an instance.</summary>
    public static string Of(string process) => process.Split('-')[0];
}
