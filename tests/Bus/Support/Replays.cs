using ShopSaga.Local.Replaying;
using Spectre.Console;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>The Replay target's work, as its command does it.</summary>
internal static class Replays
{
    public static Task<(int ExitCode, string Output)> List(string queue, int? maxRead = null) =>
        Run(queue, replay => replay.List(CancellationToken.None), maxRead);

    public static Task<(int ExitCode, string Output)> Show(string queue, string id, int? maxRead = null) =>
        Run(queue, replay => replay.Show(id, CancellationToken.None), maxRead);

    public static Task<(int ExitCode, string Output)> Return(string queue, string[]? ids = null, string[]? groups = null) =>
        Run(queue, replay => replay.Return(ids ?? [], groups ?? [], CancellationToken.None));

    private static async Task<(int ExitCode, string Output)> Run(string queue, Func<Replay, Task<int>> work, int? maxRead = null)
    {
        await using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 240;
        await using var errorQueue = await ShopSaga.Replaying.ErrorQueue.Open(Servers.RabbitMq, queue, CancellationToken.None);
        var replay = maxRead is { } max ? new Replay(errorQueue, console) { MaxRead = max } : new Replay(errorQueue, console);
        var exitCode = await work(replay);
        return (exitCode, output.ToString());
    }
}
