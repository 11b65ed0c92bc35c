using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using ShopSaga.Hosting;
using ShopSaga.Tests.Browser.Support;
using ShopSaga.Web.Api;
using ShopSaga.Web.Sessions;
using StackExchange.Redis;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

[NonParallelizable]
public class When_something_is_away
{
    [Test]
    public async Task Should_say_which_service_does_not_answer_and_keep_what_works()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await RunningShop.Stack.Kill("Products");
        try
        {
            await customer.Opens("/shop");
            await Expect(customer.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The catalogue does not answer");
            await customer.Shows("shop-without-catalogue");
            await customer.Opens("/shop/orders");
            await Expect(customer.Page.GetByText("No orders yet.")).ToBeVisibleAsync();
        }
        finally
        {
            await RunningShop.Stack.Start("Products");
        }

        await Eventually.Is(
            async () =>
            {
                await customer.Opens("/shop");
                return await customer.Page.Locator(".product").CountAsync() > 0;
            },
            "the catalogue is back");
    }

    [Test]
    public async Task Should_go_on_with_an_open_order_when_services_are_killed_and_back()
    {
        var cable = await Catalogue.List("Cable", "Peripherals", 9_000, 10);
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await RunningShop.Stack.Kill("Payments");
        try
        {
            await customer.Orders(cable);
            await customer.SeesEvents("OrderPlaced", "StockReserved");
            await customer.Sees("PENDING");
            await RunningShop.Stack.Kill("Orders");
            await Expect(customer.Page.GetByText("The live connection is lost; trying again.")).ToBeVisibleAsync();
        }
        finally
        {
            await Task.WhenAll(RunningShop.Stack.Start("Orders"), RunningShop.Stack.Start("Payments"));
        }

        await customer.Sees("CONFIRMED");
        await customer.SeesEvents("OrderPlaced", "StockReserved", "PaymentCompleted", "OrderConfirmed", "StockCommitted");
    }

    [Test]
    public async Task Should_renew_an_expired_token_silently()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await using var sessions = await Sessions.Open();
        var (id, tokens) = await sessions.Only(customer);
        await sessions.Store.Save(id, new TokenPair("no longer valid", 0, tokens.RefreshToken));

        await customer.Opens("/shop/orders");

        await Expect(customer.Page.GetByText("No orders yet.")).ToBeVisibleAsync();
        Assert.That((await sessions.Store.Find(id))!.RefreshToken, Is.Not.EqualTo(tokens.RefreshToken));
    }

    [Test]
    public async Task Should_ask_to_log_in_again_after_the_session_has_ended_and_return_to_the_page()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await using var sessions = await Sessions.Open();
        await sessions.Store.End((await sessions.Only(customer)).Id);

        await customer.Opens("/shop/orders");
        await Expect(customer.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
        await customer.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link).ClickAsync();
        await customer.Page.Locator("#email").FillAsync(customer.Email);
        await customer.Page.Locator("#password").FillAsync(customer.Password);
        await customer.Page.Locator("main form button").ClickAsync();

        await customer.Page.WaitForURLAsync("**/shop/orders");
    }

    /// <summary>The sessions as the web application keeps them.</summary>
    private sealed class Sessions : IAsyncDisposable
    {
        private readonly ConnectionMultiplexer _redis;
        private readonly RedisConnection _connection;

        private Sessions(ConnectionMultiplexer redis, RedisConnection connection, SessionStore store) =>
            (_redis, _connection, Store) = (redis, connection, store);

        public SessionStore Store { get; }

        public static async Task<Sessions> Open()
        {
            var services = new ServiceCollection();
            services.AddDataProtection().SetApplicationName("ShopSaga.Web").DisableAutomaticKeyGeneration();
            services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = new FixedKey(Secret()));
            var connection = new RedisConnection(RunningShop.Stack.RedisAddress);
            return new Sessions(
                await ConnectionMultiplexer.ConnectAsync(RunningShop.Stack.RedisAddress),
                connection,
                new SessionStore(
                    connection, services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>(), TimeProvider.System));
        }

        /// <summary>The session whose token names the person.</summary>
        public async Task<(string Id, Tokens Tokens)> Only(Person person)
        {
            await foreach (var key in _redis.GetServers()[0].KeysAsync(pattern: "ShopSaga.Web.session:*"))
            {
                var id = ((string)key!).Split(':')[1];
                if (await Store.Find(id) is { } tokens && EmailIn(tokens.AccessToken) == person.Email)
                {
                    return (id, tokens);
                }
            }

            throw new InvalidOperationException($"{person.Email} has no session.");
        }

        public async ValueTask DisposeAsync()
        {
            _connection.Dispose();
            await _redis.DisposeAsync();
        }

        private static string? EmailIn(string token) => token.Split('.') is [_, var body, _]
            ? System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(body))!["email"]?.GetValue<string>()
            : null;

        private static string Secret() => System.Text.Encoding.UTF8.GetString(
            File.ReadAllBytes($"/proc/{RunningShop.Stack.Processes.Single(process => process.Name == "Web").Pid}/environ"))
            .Split('\0').Single(variable => variable.StartsWith("Sessions__Key=", StringComparison.Ordinal)).Split('=', 2)[1];
    }
}
