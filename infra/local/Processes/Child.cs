using System.Diagnostics;

namespace ShopSaga.Local.Processes;

/// <summary>
/// A child process. It writes to its log directly and runs in its own session, so that Ctrl+C reaches only the launcher, which stops its
/// children in order. Where the system has setpriv, it dies with the launcher.
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
        // The shell only opens the log. Each program execs the next, so the process id stays the same.
        var words = new List<string> { "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", logFile };
        if (Setsid is not null)
        {
            words.Add(Setsid);
        }

        words.AddRange(WithParentDeathSignal(command));
        return Spawner.Run(() => new Child(Process.Start(Describe(command, "/bin/sh", words))!, command));
    }

    /// <summary>Starts a process that shares our terminal session, input and output.</summary>
    public static Task<Child> StartAttached(Command command)
    {
        var words = WithParentDeathSignal(command).ToList();
        return Spawner.Run(() => new Child(Process.Start(Describe(command, words[0], words.Skip(1)))!, command));
    }

    /// <summary>Asks the process to stop, and kills it when it has not stopped in time.</summary>
    public Task Stop(TimeSpan patience) => End(_command.StopSignal, patience);

    /// <summary>Stops the process quickly: its data will not be read again.</summary>
    public Task Abandon(TimeSpan patience) => _command.AbandonSignal == Signal.Kill ? Kill() : End(_command.AbandonSignal, patience);

    /// <summary>Sends SIGKILL to the process and its descendants, and waits until all are gone.</summary>
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

    private static IEnumerable<string> WithParentDeathSignal(Command command)
    {
        if (Setpriv is not null)
        {
            // PostgreSQL shuts down fast and cleanly on SIGINT. Everything else must survive SIGKILL in any case.
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
