using System.Diagnostics;

namespace ShopSaga.Local.Processes;

/// <summary>
/// A process of the stack. It writes to its log by itself, is in a session of its own (Ctrl+C in the terminal reaches only the
/// launcher, which stops things in order), and dies with the launcher where the system has setpriv.
/// </summary>
internal sealed class Child
{
    private static readonly string? Setpriv = Executables.InPath("setpriv");
    private static readonly string? Setsid = Executables.InPath("setsid");

    private readonly Process _process;
    private readonly Command _command;

    private Child(Process process, Command command)
    {
        _process = process;
        _command = command;
        Identity = Unix.IdentityOf(process.Id) ?? "";
    }

    public int Pid => _process.Id;
    public string Identity { get; }
    public bool HasExited => _process.HasExited;
    public int ExitCode => _process.ExitCode;

    public Task Exited => _process.WaitForExitAsync();

    public static Task<Child> Start(Command command, string logFile)
    {
        // The shell only opens the log; every word after that replaces the process by the next, so the id stays the same.
        var words = new List<string> { "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", logFile };
        if (Setsid is not null)
        {
            words.Add(Setsid);
        }

        words.AddRange(DyingWithUs(command));
        return Spawner.Run(() => new Child(Process.Start(Describe(command, "/bin/sh", words))!, command));
    }

    /// <summary>Starts it in our own terminal session, with our input and output.</summary>
    public static Task<Child> StartAttached(Command command)
    {
        var words = DyingWithUs(command).ToList();
        return Spawner.Run(() => new Child(Process.Start(Describe(command, words[0], words.Skip(1)))!, command));
    }

    /// <summary>Asks it to end, and ends it by force when it has not done so in time.</summary>
    public Task Stop(TimeSpan patience) => End(_command.StopSignal, patience);

    /// <summary>Ends it quickly: its data will not be read again.</summary>
    public Task Abandon(TimeSpan patience) => _command.AbandonSignal == Signal.Kill ? Kill() : End(_command.AbandonSignal, patience);

    /// <summary>SIGKILL, to it and to all below it, and waits until they are gone.</summary>
    public async Task Kill()
    {
        var below = Unix.DescendantsOf(Pid).Select(pid => (pid, Unix.IdentityOf(pid))).ToList();
        if (!HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        foreach (var (pid, identity) in below)
        {
            while (identity is not null && Unix.IdentityOf(pid) == identity)
            {
                await Task.Delay(5);
            }
        }
    }

    private async Task End(Signal signal, TimeSpan patience)
    {
        if (HasExited)
        {
            return;
        }

        Unix.Send(Pid, signal);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            await Kill();
        }
    }

    private static IEnumerable<string> DyingWithUs(Command command)
    {
        if (Setpriv is not null)
        {
            // PostgreSQL ends at once but in good order on SIGINT; everything else survives a SIGKILL as it must anyway.
            yield return Setpriv;
            yield return "--pdeathsig=" + (command.StopSignal == Signal.Interrupt ? "INT" : "KILL");
            if (command.User is not null)
            {
                yield return "--reuid=" + command.User;
                yield return "--regid=" + command.User;
                yield return "--init-groups";
            }
            yield return "--";
        }
        yield return command.Program;
        foreach (var argument in command.Arguments)
        {
            yield return argument;
        }
    }

    private static ProcessStartInfo Describe(Command command, string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = command.Folder ?? "" };
        foreach (var name in start.Environment.Keys.Where(name => command.HiddenPrefixes.Any(name.StartsWith)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    public override string ToString() => $"process {Pid}";
}
