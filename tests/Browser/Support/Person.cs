using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace ShopSaga.Tests.Browser.Support;

/// <summary>
/// Somebody in front of a browser. At the end, nothing that the browser complained about may be left: no script that failed, nothing that
/// the content security policy refused.
/// </summary>
internal sealed partial class Person : IAsyncDisposable
{
    // From the first paint on. A shift says how much of the window moved how far, and which elements did.
    private const string WatchShifts = """
        (() => {
            const describe = node => node?.nodeName + (node?.id ? `#${node.id}` : '') + (node?.className ? `.${node.className}` : '');
            const take = entries => window.shifts.push(...entries.filter(entry => !entry.hadRecentInput).map(entry =>
                ({ value: entry.value, moved: entry.sources.map(source => describe(source.node)).join(', ') })));
            window.shifts = [];
            const observer = new PerformanceObserver(list => take(list.getEntries()));
            observer.observe({ type: 'layout-shift', buffered: true });
            window.takeShifts = () => { take(observer.takeRecords()); return window.shifts; };
        })()
        """;

    // A fifth of what feels stable according to https://web.dev/articles/cls: about a line of text in a corner of the window.
    private const double MaxShift = 0.02;

    // Deque.AxeCore.Playwright opens a second window, with a second axe, for the sake of frames that pages here do not have.
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();
    private const string FindViolations = """
        axe.run({ resultTypes: ['violations'] }).then(found => found.violations.map(each =>
            `${each.id}: ${each.help}: ${each.nodes.map(node => node.html).join('; ')}`))
        """;

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];
    private ICDPSession? _throttle;

    private Person(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                Complains(message.Text);
            }
        };
        page.PageError += (_, error) => Complains(error);
    }

    public IPage Page { get; }

    public string Email { get; } = $"browser-{Guid.NewGuid():N}@example.com";

    public string Password { get; set; } = "correct horse battery";

    /// <summary>A browser of its own, with the given window, language and theme.</summary>
    public static async Task<Person> Arrives(
        int width = 1280, int height = 900, string locale = "en-GB", ColorScheme theme = ColorScheme.Light)
    {
        var context = await RunningShop.Browser.NewContextAsync(new()
        {
            BaseURL = RunningShop.Stack.GatewayAddress.ToString(),
            ViewportSize = new() { Width = width, Height = height },
            Locale = locale,
            ColorScheme = theme,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        await context.AddInitScriptAsync(WatchShifts);
        return new Person(context, await context.NewPageAsync());
    }

    /// <summary>Until the page is shown, scripts and layout take six times as long.</summary>
    public async Task IsOnASlowMachine()
    {
        _throttle = await _context.NewCDPSessionAsync(Page);
        await _throttle.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = 6 });
    }

    public Task Opens(string path) => Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });

    /// <summary>Fills in the form for a new account, and is logged in afterwards.</summary>
    public async Task Registers(string name = "Mina Kim")
    {
        await Opens("/account/register");
        await RegistersHere(name);
    }

    /// <summary>Fills in the form on the open page.</summary>
    public async Task RegistersHere(string name = "Mina Kim")
    {
        await Page.Locator("#name").FillAsync(name);
        await Page.Locator("#email").FillAsync(Email);
        await Page.Locator("#password").FillAsync(Password);
        await Page.Locator("main form button").ClickAsync();
        await Page.WaitForURLAsync("**/shop");
    }

    /// <summary>Has a new account, and is logged in: where that is not what the test is about, no page is drawn for it.</summary>
    public Task HasRegistered(string name = "Mina Kim") =>
        Submits("/account/register", ("Form.Name", name), ("Form.Email", Email), ("Form.Password", Password));

    /// <summary>Is logged in, without a page.</summary>
    public Task HasLoggedIn(string email, string password) =>
        Submits("/account/login", ("Form.Email", email), ("Form.Password", password));

    public async Task LogsIn(string email, string password, string lands = "**/shop")
    {
        await Opens("/account/login");
        await Page.Locator("#email").FillAsync(email);
        await Page.Locator("#password").FillAsync(password);
        await Page.Locator("main form button").ClickAsync();
        await Page.WaitForURLAsync(lands);
    }

    /// <summary>Puts so many of a product into the cart and orders it.</summary>
    /// <returns>The order's number.</returns>
    public async Task<long> Orders(long product, int quantity = 1, string method = "CARD")
    {
        await Opens($"/shop/products/{product}");
        await Page.Locator("#quantity").FillAsync($"{quantity}");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Put into the cart" }).ClickAsync();
        await Page.WaitForURLAsync("**/shop/cart");
        if (method is not ("CARD" or "KAKAO_PAY" or "BANK_TRANSFER"))
        {
            await Page.Locator("summary").ClickAsync();
        }

        await Page.Locator($"#method-{method}").CheckAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Order now" }).ClickAsync();
        await Page.WaitForURLAsync(OrderAddress());
        return long.Parse(Page.Url.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the order's page shows this status.</summary>
    public Task Sees(string status) =>
        // A killed broker takes up to a minute to start on a busy machine.
        Assertions.Expect(Page.GetByTestId("status")).ToHaveClassAsync(new Regex($@"\b{status}\b"), new() { Timeout = 180_000 });

    /// <summary>Waits until the timeline of the order's page has these events and no others.</summary>
    public Task SeesEvents(params string[] names) => Eventually.Is(
        async () => (await Page.GetByTestId("timeline").Locator("strong").AllInnerTextsAsync()).Order().SequenceEqual(names.Order()),
        $"the timeline has {string.Join(", ", names)}");

    /// <summary>
    /// Keeps a picture of the page, which must have no violation of WCAG 2.2 AA, not be wider than the window, and not move unasked.
    /// </summary>
    public async Task Shows(string name)
    {
        var shifts = await Page.EvaluateAsync<Shift[]>(
            "new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(() => painted(window.takeShifts()))))");
        var moves = $"{name} moves: {string.Join("; ", shifts.Select(shift => $"{shift.Value:F4} {shift.Moved}"))}";
        TestContext.Out.WriteLine(moves);
        if (_throttle is not null)
        {
            await _throttle.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = 1 });
        }

        await Page.ScreenshotAsync(new() { Path = Path.Combine(RunningShop.Screenshots, $"{name}.png"), FullPage = true });
        await Page.EvaluateAsync(Axe);
        var violations = await Page.EvaluateAsync<string[]>(FindViolations);
        var overflow = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(violations, Is.Empty, name);
            Assert.That(shifts.Sum(shift => shift.Value), Is.LessThan(MaxShift), moves);
            Assert.That(overflow, Is.Zero, $"{name} is wider than the window");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.That(_complaints, Is.Empty, "what the browser complained about");
    }

    private async Task Submits(string path, params (string Name, string Value)[] fields)
    {
        var page = await (await _context.APIRequest.GetAsync(path)).TextAsync();
        var form = _context.APIRequest.CreateFormData();
        var hidden = HiddenField().Matches(page[page.IndexOf("<main", StringComparison.Ordinal)..])
            .Select(field => (field.Groups["name"].Value, field.Groups["value"].Value));
        foreach (var (name, value) in hidden.Concat(fields))
        {
            form.Set(name, value);
        }

        var answer = await _context.APIRequest.PostAsync(path, new() { Form = form, MaxRedirects = 0 });
        Assert.That(answer.Status, Is.EqualTo(302), path);
    }

    private void Complains(string text)
    {
        if (!ToBeExpected().IsMatch(text))
        {
            _complaints.Add(text);
        }
    }

    [GeneratedRegex(@"<input type=""hidden"" name=""(?<name>[^""]+)"" value=""(?<value>[^""]+)""")]
    private static partial Regex HiddenField();

    [GeneratedRegex(@"/shop/orders/\d+$")]
    private static partial Regex OrderAddress();

    // A page that is not there, a service that is away: the browser reports the status. A lost circuit: Blazor does, and what it tries.
    [GeneratedRegex("^Failed to load resource: the server responded with|WebSocket|ERR_CONNECTION|[Cc]onnection|negotiation|[Cc]ircuit")]
    private static partial Regex ToBeExpected();

    private sealed record Shift
    {
        public double Value { get; init; }
        public string Moved { get; init; } = "";
    }
}
