using System.Diagnostics;

namespace ShopSaga.Load.Shop;

/// <summary>Keeps the programs of a running stack on some of the processors, from now on.</summary>
internal static class Confinement
{
    /// <summary>Confines the stack at hand.</summary>
    public const string Option = "--confined";

    /// <summary>Each instance of an endpoint has one processor: the first of all services the same, the second the next.</summary>
    public const string Instances = "instances";

    /// <summary>Services have the first half of the processors; servers, the provider and the load have the others.</summary>
    public const string Apart = "apart";

    private static readonly string[] Endpoints = ["Orders", "Payments", "Products", "Settlement", "Users"];
    private static readonly string[] Servers = ["PostgreSQL", "RabbitMQ", "Redis", "Psp"];

    public static async Task Apply(string kind)
    {
        var (all, half) = (Environment.ProcessorCount, Environment.ProcessorCount / 2);
        foreach (var program in ProcessTree.BelowLauncher().OrderBy(process => process.Pid).ToLookup(p => Usage.ProgramOf(p.CommandLine)))
        {
            foreach (var (number, process) in program.Index())
            {
                if (kind == Apart && program.Key is not null)
                {
                    await Keep(process.Pid, Servers.Contains(program.Key) ? $"{half}-{all - 1}" : $"0-{half - 1}");
                }
                else if (kind == Instances && Endpoints.Contains(program.Key))
                {
                    await Keep(process.Pid, $"{number % all}");
                }
            }
        }

        if (kind == Apart)
        {
            await Keep(Environment.ProcessId, $"{half}-{all - 1}");
        }
    }

    private static async Task Keep(int pid, string processors)
    {
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["--all-tasks", "--pid", "--cpu-list", processors, $"{pid}"])
        {
            RedirectStandardOutput = true,
        })!;
        await taskset.StandardOutput.ReadToEndAsync();
        await taskset.WaitForExitAsync();
        if (taskset.ExitCode != 0)
        {
            throw new InvalidOperationException($"taskset could not keep process {pid} on processors {processors}.");
        }
    }
}
