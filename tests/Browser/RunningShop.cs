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
        MoreInstances = new Dictionary<string, int> { ["Web"] = 2 },
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
        await FillShelves();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        _admin?.Dispose();
        await (_stack?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>As the first visitor of a local run would; products that are tested alone are listed by their tests.</summary>
    private static async Task FillShelves()
    {
        await using var newcomer = await Person.Arrives();
        // All processes compile what the first page needs; on a busy machine that alone takes half a minute.
        newcomer.Page.SetDefaultNavigationTimeout(120_000);
        await newcomer.Opens("/shop");
        await newcomer.Shows("shop-empty");
        await newcomer.Page.GetByRole(AriaRole.Button, new() { Name = "Put sample products on sale" }).ClickAsync();
        await Assertions.Expect(newcomer.Page.Locator(".product")).ToHaveCountAsync(6, new() { Timeout = 120_000 });
    }
}
