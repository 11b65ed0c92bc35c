using Microsoft.Playwright;
using ShopSaga.Local.Running;
using ShopSaga.Tests.Browser.Support;

namespace ShopSaga.Tests.Browser;

/// <summary>One system and one browser for all tests; each person has a profile of the browser, and an account, of their own.</summary>
[SetUpFixture]
public class RunningShop
{
    private static readonly StackOptions Options = new()
    {
        WithServices = true,
        RelaxedRateLimits = true,
        Progress = TestContext.Progress.WriteLine,
    };

    private static LocalStack? _stack;
    private static HttpClient? _admin;
    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    internal static LocalStack Stack => _stack!;

    /// <summary>The gateway, as an administrator calls it without a browser.</summary>
    internal static HttpClient Admin => _admin!;

    internal static IBrowser Browser => _browser!;

    internal static (string Email, string Password) AdminAccount => (Options.AdminEmail, Options.AdminPassword);

    internal static string Screenshots { get; } = Directory.CreateDirectory(
        Path.Combine(Repository.Root, ".artifacts", "screenshots")).FullName;

    [OneTimeSetUp]
    public async Task Start()
    {
        Assertions.SetDefaultExpectTimeout(30_000);
        (Eventually.Limit, Eventually.Pause) = (TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(50));
        var starting = LocalStack.StartAsync(Options, CancellationToken.None);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium.Path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
        _stack = await starting;
        _admin = new HttpClient(new LoggedIn(Options.AdminEmail, Options.AdminPassword)) { BaseAddress = _stack.GatewayAddress };
        foreach (var (name, category, price, stock) in new[]
        {
            ("Keyboard", "Peripherals", 89_000, 1_000), ("Desk lamp", "Light", 25_000, 3), ("Notebook", "Paper", 4_500, 5_000),
            ("Fountain pen", "Paper", 62_000, 40), ("Headphones", "Sound", 149_000, 0), ("인체공학 의자", "가구", 329_000, 12),
        })
        {
            await Catalogue.List(name, category, price, stock);
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        _admin?.Dispose();
        await (_stack?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
