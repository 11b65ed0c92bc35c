using System.Diagnostics;

namespace ShopSaga.Tests.Bus.Crashing;

/// <summary>The place at which a process is killed, by SIGKILL from itself: nothing is disposed of, flushed or finished.</summary>
internal sealed class Crash(string? where)
{
    public const string InHandler = nameof(InHandler);
    public const string Reached = "reached";

    /// <summary>Lets the process live.</summary>
    public static Crash None { get; } = new(null);

    public Task Reach(CrashPoint step) => Reach($"{step}");

    public Task Reach(string step)
    {
        if (step == where)
        {
            Console.WriteLine($"{Reached} {step}");
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }

        return Task.CompletedTask;
    }
}
