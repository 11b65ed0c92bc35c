using Spectre.Console;

namespace ShopSaga.Local.Commands;

/// <summary>Consoles for tables and markup. Redirected output has a fixed width and no colours.</summary>
internal static class Terminal
{
    private const int LogWidth = 160;

    /// <summary>Standard output.</summary>
    public static IAnsiConsole Output { get; } = On(Console.Out, Console.IsOutputRedirected);

    /// <summary>Standard error.</summary>
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
