namespace ShopSaga.Tests.Browser.Support;

/// <summary>
/// The distribution's browser; Playwright's own downloads are for other systems. The headless shell comes first: it draws no window.
/// </summary>
internal static class Chromium
{
    private static readonly string[] Places =
        ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static string Path => Environment.GetEnvironmentVariable("SHOPSAGA_CHROMIUM") is { Length: > 0 } given
        ? given
        : Places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                "There is no chromium: apt-get install chromium-headless-shell, or set SHOPSAGA_CHROMIUM to the program of one.");
}
