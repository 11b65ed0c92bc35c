using System.Text;
using Microsoft.Playwright;
using RabbitMQ.Client;
using ShopSaga.Local.Processes;
using ShopSaga.Tests.Browser.Support;
using static Microsoft.Playwright.Assertions;

namespace ShopSaga.Tests.Browser;

[NonParallelizable]
public class When_an_operator_is_in_the_control_room
{
    private const string Hostile = "<img src=x onerror=alert(1)>\u202e broke";

    [Test]
    public async Task Should_see_the_system_and_return_one_a_group_and_all_of_the_failed_messages()
    {
        await Fail(number: 4);
        await using var operatorInFront = await Operator();
        var page = operatorInFront.Page;
        await operatorInFront.Opens("/control-room");

        await Expect(page.GetByTestId("services").GetByText("Orders", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("open-orders").Locator("dt")).ToHaveCountAsync(4);
        await Expect(page.GetByTestId("outboxes").Locator("dt")).ToHaveCountAsync(5);
        await Expect(page.GetByTestId("queues")).ToContainTextAsync("ShopSaga.Orders");
        var row = page.GetByTestId("groups").Locator("tbody tr").Filter(new() { HasText = "AccountClosed" });
        await Expect(row).ToContainTextAsync("<img src=x onerror=alert(1)>");
        await operatorInFront.Shows("control-room");

        await row.GetByRole(AriaRole.Button, new() { Name = "Show messages" }).ClickAsync();
        await page.GetByTestId("messages").GetByRole(AriaRole.Link).First.ClickAsync();
        await Expect(page.GetByTestId("body")).ToContainTextAsync("\"UserId\"");
        await Expect(page.GetByTestId("headers")).ToContainTextAsync("NServiceBus.FailedQ");
        await operatorInFront.Shows("control-room-message");

        await page.GetByRole(AriaRole.Button, new() { Name = "Return" }).ClickAsync();
        await Expect(page.GetByText("The message is being returned")).ToBeVisibleAsync();

        await operatorInFront.Opens("/control-room");
        await Expect(row.Locator(".number")).ToHaveTextAsync("3");
        await row.GetByRole(AriaRole.Button, new() { Name = "Return the group" }).ClickAsync();
        await Expect(page.GetByTestId("return")).ToContainTextAsync("Messages returned: 3");
        await Expect(row).ToHaveCountAsync(0);
        await Fail(number: 2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Return all 2" }).ClickAsync();
        await Expect(page.GetByTestId("return")).ToContainTextAsync("Messages returned: 2");
    }

    [Test]
    public async Task Should_read_it_in_Korean_on_a_phone()
    {
        await using var operatorInFront = await Operator(width: 390, locale: "ko-KR");
        await operatorInFront.Opens("/control-room");
        await Expect(operatorInFront.Page.GetByTestId("open-orders").Locator("dt")).ToHaveCountAsync(4);
        await Expect(operatorInFront.Page.GetByTestId("outboxes").Locator("dt")).ToHaveCountAsync(5);
        await Expect(operatorInFront.Page.GetByTestId("queues")).ToContainTextAsync("ShopSaga.Orders");
        await operatorInFront.Shows("control-room-korean-phone");
    }

    [Test]
    public async Task Should_see_nothing_move_while_a_service_is_silent()
    {
        await using var operatorInFront = await Operator(width: 390, locale: "ko-KR");
        await operatorInFront.IsOnASlowMachine();
        var orders = RunningShop.Stack.Processes.Single(process => process.Name == "Orders").Pid!.Value;
        Unix.Send(orders, Signal.Stop);
        try
        {
            await operatorInFront.Opens("/control-room");
            await Expect(operatorInFront.Page.GetByTestId("outboxes").Locator("dt")).ToHaveCountAsync(5);
            await Expect(operatorInFront.Page.GetByTestId("queues")).ToContainTextAsync("ShopSaga.Orders");
            await Expect(operatorInFront.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("주문 서비스");
            await operatorInFront.Shows("control-room-without-orders");
        }
        finally
        {
            Unix.Send(orders, Signal.Continue);
        }
    }

    [Test]
    public async Task Should_be_an_administrator()
    {
        await using var customer = await Person.Arrives();
        await customer.HasRegistered();
        await customer.Opens("/control-room");
        await Expect(customer.Page.GetByRole(AriaRole.Heading, new() { Name = "Only for administrators" })).ToBeVisibleAsync();
    }

    /// <summary>Messages that Orders handles to no effect when they come back: the user has never existed.</summary>
    private static async Task Fail(int number)
    {
        await using var connection =
            await new ConnectionFactory { Uri = new Uri(RunningShop.Stack.BrokerAddress) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        for (var each = 1; each <= number; each++)
        {
            var id = Guid.NewGuid().ToString();
            var properties = new BasicProperties
            {
                MessageId = id,
                Persistent = true,
                ContentType = "application/json",
                Headers = new Dictionary<string, object?>
                {
                    ["NServiceBus.MessageId"] = id,
                    ["NServiceBus.MessageIntent"] = "Publish",
                    ["NServiceBus.ContentType"] = "application/json",
                    ["NServiceBus.EnclosedMessageTypes"] = "ShopSaga.Contracts.Users.AccountClosed, ShopSaga.Contracts",
                    ["NServiceBus.FailedQ"] = "ShopSaga.Orders",
                    ["NServiceBus.TimeOfFailure"] = "2026-11-22 05:59:28:123456 Z",
                    ["NServiceBus.ExceptionInfo.ExceptionType"] = "System.InvalidOperationException",
                    ["NServiceBus.ExceptionInfo.Message"] = Hostile,
                    ["NServiceBus.ExceptionInfo.StackTrace"] = "at ShopSaga.Orders.Cart.EmptyCartHandler.Handle()",
                },
            };
            var body = Encoding.UTF8.GetBytes("""{"UserId":9000000000000,"ClosedAt":"2026-11-22T05:59:28+00:00"}""");
            await channel.BasicPublishAsync("", "error", mandatory: true, properties, body);
        }
    }

    private static async Task<Person> Operator(int width = 1280, string locale = "en-GB")
    {
        var person = await Person.Arrives(width, locale: locale);
        await person.HasLoggedIn(RunningShop.AdminAccount.Email, RunningShop.AdminAccount.Password);
        return person;
    }
}
