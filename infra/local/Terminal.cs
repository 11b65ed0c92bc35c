using Spectre.Console;

namespace ShopSaga.Local;

/// <summary>A console for people. In a log there is no window to fit into, and nothing to colour.</summary>
internal static class Terminal
{
    private const int LogWidth = 160;

    public static IAnsiConsole Output { get; } = On(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error { get; } = On(Console.Error, Console.IsErrorRedirected);

    private static IAnsiConsole On(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Out = new AnsiConsoleOutput(writer),
        });
        if (isRedirected)
        {
            console.Profile.Width = LogWidth;
        }

        return console;
    }
}
