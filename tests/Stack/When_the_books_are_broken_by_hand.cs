using System.Net;
using System.Net.Sockets;
using System.Reflection;
using RabbitMQ.Client;
using ShopSaga.Local.Servers;
using ShopSaga.Local.Verifying;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>Breaks the records of the running system, sees that Verify finds it, and repairs them.</summary>
[NonParallelizable]
internal sealed class When_the_books_are_broken_by_hand
{
    private CustomerClient _customer = null!;
    private long _confirmed;
    private long _cancelled;

    [OneTimeSetUp]
    public async Task PlaceOrders()
    {
        _customer = await CustomerClient.Register();
        var product = await TestOrder.ListProduct(stock: 10);
        var (confirmed, cancelled) = (await TestOrder.Place(_customer, product), await TestOrder.Place(_customer, product, quantity: 11));
        (_confirmed, _cancelled) = (confirmed.Id, cancelled.Id);
        await confirmed.WaitForStatus("CONFIRMED");
        await cancelled.WaitForStatus("CANCELLED OUT_OF_STOCK");
        await SystemInvariants.ShouldHold();
    }

    [OneTimeTearDown]
    public async Task RepairEverything()
    {
        _customer.Dispose();
        await SystemInvariants.ShouldHold();
    }

    [TestCase("Products", "UPDATE reservations SET state = 'RESERVED' WHERE order_id = {0}", "UPDATE reservations SET state = 'COMMITTED' "
        + "WHERE order_id = {0}",
        "every order has the reservation of its status")]
    [TestCase("Products", "UPDATE reservations SET state = 'RELEASED' WHERE order_id = {0}", "UPDATE reservations SET state = 'COMMITTED' "
        + "WHERE order_id = {0}",
        "every order has the reservation of its status")]
    [TestCase("Products", "UPDATE reservation_lines SET quantity = 2 WHERE order_id = {0}", "UPDATE reservation_lines SET quantity = 1 "
        + "WHERE order_id = {0}",
        "reserved lines = ordered lines")]
    [TestCase("Products", "UPDATE products SET stock_quantity = stock_quantity + 1 WHERE id = (SELECT product_id FROM reservation_lines "
        + "WHERE order_id = {0})",
        "UPDATE products SET stock_quantity = stock_quantity - 1 WHERE id = (SELECT product_id FROM reservation_lines WHERE order_id = "
            + "{0})",
        "stock at start = stock now + reserved + committed")]
    [TestCase("Orders", "UPDATE order_events SET name = 'StockReleased' WHERE order_id = {0} AND name = 'StockCommitted'",
        "UPDATE order_events SET name = 'StockCommitted' WHERE order_id = {0} AND name = 'StockReleased'",
        "every order's history tells what happened to it")]
    [TestCase("Orders", "UPDATE order_changes SET status = 'PENDING' WHERE order_id = {0} AND status = 'CONFIRMED'",
        "UPDATE order_changes SET status = 'CONFIRMED' WHERE order_id = {0} AND number = (SELECT max(number) FROM order_changes WHERE "
            + "order_id = {0})",
        "every order's last status change leads to its status")]
    [TestCase("Payments", "UPDATE payments SET amount = amount + 1 WHERE order_id = {0}", "UPDATE payments SET amount = amount - 1 WHERE "
        + "order_id = {0}",
        "every payment is of its order's total and customer")]
    [TestCase(
        "Payments",
        "UPDATE payments SET order_id = -{0} WHERE order_id = {0}",
        "UPDATE payments SET order_id = {0} WHERE order_id = -{0}",
        "every record's order exists")]
    [TestCase("Payments", "UPDATE payments SET charge_id = charge_id + 1000000 WHERE order_id = {0}", "UPDATE payments SET charge_id = "
        + "charge_id - 1000000 WHERE order_id = {0}",
        "provider = payments")]
    [TestCase("Payments",
        """UPDATE "ShopSaga_Payments_PaymentPolicy" SET "Data" = "Data" || '{{"Rejected": true}}' WHERE "Correlation_OrderId" = '{0}'""",
        """UPDATE "ShopSaga_Payments_PaymentPolicy" SET "Data" = "Data" || '{{"Rejected": false}}' WHERE "Correlation_OrderId" = '{0}'""",
        "every saga is in the state of its order")]
    [TestCase(
        "Users",
        "UPDATE orders_of_users SET confirmed = false WHERE order_id = {0}",
        "UPDATE orders_of_users SET confirmed = true WHERE order_id = {0}",
        "Users takes every final order as final")]
    [TestCase("psp", "UPDATE charges SET idempotency_key = 'order--{0}' WHERE idempotency_key = 'order-{0}'",
        "UPDATE charges SET idempotency_key = 'order-{0}' WHERE idempotency_key = 'order--{0}'",
        "every charge is of its payment's order, and none is open")]
    [TestCase("psp", "UPDATE charges SET amount = amount + 1 WHERE idempotency_key = 'order-{0}'", "UPDATE charges SET amount = amount - 1 "
        + "WHERE idempotency_key = 'order-{0}'",
        "provider = payments")]
    [TestCase("Settlement", "ALTER TABLE entries DISABLE TRIGGER append_only; UPDATE entries SET amount = amount + 1 WHERE order_id = {0}",
        "UPDATE entries SET amount = amount - 1 WHERE order_id = {0}; ALTER TABLE entries ENABLE ALWAYS TRIGGER append_only",
        "ledger = payments")]
    [TestCase("Payments", "UPDATE payments SET amount = amount + 1 WHERE order_id = {0}", "UPDATE payments SET amount = amount - 1 WHERE "
        + "order_id = {0}",
        "captured − refunded = 0 or the order's total, for each payment")]
    [TestCase("Payments", "UPDATE payments SET status = 'REFUNDING' WHERE order_id = {0}", "UPDATE payments SET status = 'COMPLETED' WHERE "
        + "order_id = {0}",
        "every order and every payment is final")]
    [TestCase(
        "Orders",
        "UPDATE orders SET payment_id = payment_id + 1000000 WHERE id = {0}",
        "UPDATE orders SET payment_id = payment_id - 1000000 WHERE id = {0}",
        "every confirmed order has exactly one completed payment, the one it names")]
    [TestCase(
        "Products",
        "UPDATE reservations SET state = 'COMMITTED' WHERE order_id = {1}",
        "UPDATE reservations SET state = 'REJECTED' WHERE order_id = {1}",
        "no cancelled order keeps money or stock")]
    [TestCase(
        "Orders",
        "UPDATE price_list SET price = price + 1 WHERE product_id = (SELECT product_id FROM order_lines WHERE order_id = {0})",
        "UPDATE price_list SET price = price - 1 WHERE product_id = (SELECT product_id FROM order_lines WHERE order_id = {0})",
        "price list = catalogue")]
    [TestCase("Settlement",
        "UPDATE daily_totals SET total_amount = total_amount + 1 WHERE (report_date, slot) = (SELECT report_date, slot FROM daily_totals "
            + "ORDER BY report_date, slot LIMIT 1)",
        "UPDATE daily_totals SET total_amount = total_amount - 1 WHERE (report_date, slot) = (SELECT report_date, slot FROM daily_totals "
            + "ORDER BY report_date, slot LIMIT 1)",
        "settlements = ledger, day by day")]
    public async Task Should_find_it(string service, string breaking, string repairing, string invariant)
    {
        await ServiceDatabase.Execute(service, string.Format(null, breaking, _confirmed, _cancelled));
        try
        {
            var state = await SystemState.Read(RunningSystem.Stack.AdminConnectionString, CancellationToken.None);
            Assert.That(
                Invariants.Check(state).Where(checkedOne => !checkedOne.Holds).Select(checkedOne => checkedOne.Name),
                Does.Contain(invariant));
        }
        finally
        {
            await ServiceDatabase.Execute(service, string.Format(null, repairing, _confirmed, _cancelled));
        }
    }

    [Test]
    public async Task Should_break_every_invariant()
    {
        var state = await SystemState.Read(RunningSystem.Stack.AdminConnectionString, CancellationToken.None);
        var broken = GetType().GetMethod(nameof(Should_find_it))!.GetCustomAttributes<TestCaseAttribute>()
            .Select(each => (string)each.Arguments[^1]!);

        Assert.That(Invariants.Check(state).Select(each => each.Name), Is.SubsetOf(broken));
    }

    [Test]
    public async Task Should_find_an_outbox_record_that_was_never_dispatched()
    {
        await ServiceDatabase.Execute(
            "Users",
            """
            INSERT INTO "ShopSaga_Users_OutboxData" ("MessageId", "Dispatched", "PersistenceVersion", "Operations")
            VALUES ('by hand', false, '1.0', '[]')
            """);
        try
        {
            // The relay dispatches it within seconds, so it is looked for at once.
            Assert.That(await InFlight(), Has.Some.Contains("outbox records of Users"));
        }
        finally
        {
            await ServiceDatabase.Execute("Users", """DELETE FROM "ShopSaga_Users_OutboxData" WHERE "MessageId" = 'by hand'""");
        }
    }

    [Test]
    public async Task Should_find_a_delayed_retry_but_no_timeout_that_was_dispatched_again()
    {
        var timeouts = await ServiceDatabase.Query<long>("Orders", "SELECT count(*) FROM orders");
        await using var channel = await NewChannel();
        const string years = "nsb.v2.delay-level-27";
        const string seconds = "nsb.v2.delay-level-04";
        try
        {
            await Fill(years);
            Assert.That(await InFlight(), Has.None.Contains("messages are delayed"));

            await Fill(seconds);
            Assert.That(await InFlight(), Has.Some.Contains("messages are delayed"));
        }
        finally
        {
            await channel.QueuePurgeAsync(years);

            // On a slow machine they have expired by now; a purge does not remove what the broker cannot deliver.
            await channel.QueueDeleteAsync(seconds);
            await BrokerTopology.Create(RunningSystem.Stack.BrokerAddress, CancellationToken.None);
        }

        async Task Fill(string level)
        {
            for (var number = 0; number <= timeouts; number++)
            {
                await channel.BasicPublishAsync("", level, mandatory: true, new BasicProperties(), default);
            }
        }
    }

    [Test]
    public async Task Should_find_a_delayed_message_that_no_queue_takes()
    {
        var level = BrokerTopology.DelayLevel(0);
        var oneSecond = string.Concat(Enumerable.Repeat("0.", BrokerTopology.DelayLevels - 1)) + "1.";
        await using var channel = await NewChannel();
        await channel.BasicPublishAsync(level, $"{oneSecond}ShopSaga.Missing", mandatory: true, new BasicProperties(), default);
        try
        {
            await Eventually.Is(
                async () => (await UndeliverableMessages.Check(RunningSystem.Stack.BrokerManagementAddress, CancellationToken.None))
                    .Violations.Any(violation => violation.StartsWith($"1 messages that left {level}", StringComparison.Ordinal)),
                "the message is found");
        }
        finally
        {
            // The broker holds what it cannot deliver outside of the queue's ready messages, which is all that a purge removes.
            await channel.QueueDeleteAsync(level);
            await BrokerTopology.Create(RunningSystem.Stack.BrokerAddress, CancellationToken.None);
        }
    }

    [Test]
    public async Task Should_find_a_failed_message()
    {
        await using var channel = await NewChannel();
        await channel.BasicPublishAsync("", "error", mandatory: true, new BasicProperties(), default);
        try
        {
            Assert.That((await FailedMessages(null)).Violations, Has.Some.StartsWith("1 messages are in the error queue"));
        }
        finally
        {
            await channel.QueuePurgeAsync("error");
        }
    }

    [Test]
    public async Task Should_find_failed_messages_that_ServiceControl_holds()
    {
        await using var serviceControl = new FakeServiceControl(unresolved: 3);

        Assert.That(
            (await FailedMessages(serviceControl.Address)).Violations,
            Has.Some.StartsWith("3 messages are unresolved in ServiceControl"));
    }

    [Test]
    public async Task Should_not_take_an_empty_error_queue_for_success_when_another_process_reads_it()
    {
        await using var channel = await NewChannel();
        await channel.BasicConsumeAsync("error", autoAck: false, new AsyncDefaultConsumer(channel));

        Assert.That((await FailedMessages(null)).Violations, Has.Some.Contains("failed messages are elsewhere"));
    }

    [Test]
    public async Task Should_say_that_ServiceControl_does_not_answer()
    {
        Uri address;
        await using (var stopped = new FakeServiceControl(unresolved: 0))
        {
            address = stopped.Address;
        }

        Assert.That((await FailedMessages(address)).Violations, Has.Some.Contains("does not answer"));
    }

    private static async Task<IReadOnlyList<string>> InFlight()
    {
        var stack = RunningSystem.Stack;
        await using var queues = await BrokerQueues.Connect(stack.BrokerAddress, CancellationToken.None);
        return await new IdleWait(stack.AdminConnectionString, stack.BrokerAddress).InFlight(queues, CancellationToken.None);
    }

    private static async Task<Invariant> FailedMessages(Uri? serviceControl)
    {
        await using var queues = await BrokerQueues.Connect(RunningSystem.Stack.BrokerAddress, CancellationToken.None);
        return await FailedMessagesInvariant.Check(queues, serviceControl, CancellationToken.None);
    }

    private static async Task<IChannel> NewChannel()
    {
        var connection = await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }.CreateConnectionAsync();
        return await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
    }

    private sealed class AsyncDefaultConsumer(IChannel channel) : AsyncDefaultBasicConsumer(channel);

    /// <summary>Answers as the API of ServiceControl does to a request for unresolved failed messages.</summary>
    private sealed class FakeServiceControl : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _answering;

        public FakeServiceControl(int unresolved)
        {
            Address = new Uri($"http://127.0.0.1:{FreePort()}/api/");
            _listener.Prefixes.Add(Address.ToString());
            _listener.Start();
            _answering = Task.Run(async () =>
            {
                while (_listener.IsListening && await Next() is { } context)
                {
                    var isAsked = context.Request.Url!.PathAndQuery.StartsWith("/api/errors?status=unresolved", StringComparison.Ordinal);
                    context.Response.StatusCode = isAsked ? 200 : 404;
                    context.Response.Headers["Total-Count"] = $"{unresolved}";
                    context.Response.Close("[]"u8.ToArray(), willBlock: false);
                }
            });
        }

        public Uri Address { get; }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _answering;
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, port: 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private async Task<HttpListenerContext?> Next()
        {
            try
            {
                return await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return null;
            }
        }
    }
}
