using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using RabbitMQ.Client;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Servers;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>
/// Prometheus reads the shop and its servers, with the rules that are deployed, while customers order and things go wrong; an OTLP receiver
/// gets the spans.
/// </summary>
[NonParallelizable]
internal sealed partial class When_the_shop_is_observed
{
    /// <summary>Series that no incident of this fixture makes, and why.</summary>
    private static readonly Dictionary<string, string> NotProvoked = new()
    {
        ["probe_ssl_earliest_cert_expiry"] = "needs the blackbox exporter and a certificate",
        ["shopsaga_bus_events_lost_total"] = "needs an exchange that stays deleted for two minutes",
    };

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _enough = new();
    private readonly List<Child> _exporters = [];
    private StackProcess? _prometheus;
    private CustomerClient _customer = null!;
    private long _product;
    private Task _ordering = Task.CompletedTask;

    [OneTimeSetUp]
    public async Task Observe()
    {
        string[] programs = ["prometheus", "prometheus-postgres-exporter", "prometheus-redis-exporter"];
        string[] missing = [.. programs.Where(program => Executables.InPath(program) is null)];
        if (missing.Length > 0)
        {
            if (!DebianPackages.CanInstall)
            {
                Assert.Ignore($"Neither here nor to be installed: {string.Join(", ", missing)}.");
            }

            await DebianPackages.Install(missing, TestContext.Progress.WriteLine, CancellationToken.None);
        }

        _prometheus = await RunningSystem.Stack.StartPrometheus(await StartExporters());
        RunningSystem.Receiver.Keeps = true;
        _customer = await CustomerClient.Register();
        _product = await TestOrder.ListProduct(stock: 10_000);
        await TestOrder.Place(_customer, _product);
        _ordering = Order();
        await GoWrong();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _enough.CancelAsync();
        await _ordering;
        RunningSystem.Receiver.Keeps = false;
        await (_prometheus?.Stop() ?? Task.CompletedTask);
        await Task.WhenAll(_exporters.Select(exporter => exporter.Kill()));
        _customer?.Dispose();
        _enough.Dispose();
        _http.Dispose();
    }

    [Test]
    public async Task Should_see_an_order_as_one_trace_with_spans_of_every_kind()
    {
        string[] services = ["Gateway", "Orders", "Products", "Payments", "Psp", "Settlement"];
        List<TraceReceiver.Span> trace = [];
        await Eventually.Is(
            () =>
            {
                trace = RunningSystem.Receiver.Spans.GroupBy(span => span.TraceId).Select(spans => spans.ToList())
                    .Where(spans => spans.Any(span => span is { Service: "ShopSaga.Gateway", Kind: TraceReceiver.SpanKind.Server }
                        && span.Name.StartsWith("POST", StringComparison.Ordinal)))
                    .MaxBy(spans => spans.Select(span => span.Service).Distinct().Count()) ?? [];
                return !services.Select(service => "ShopSaga." + service).Except(trace.Select(span => span.Service)).Any();
            },
            $"a trace has spans of {string.Join(", ", services)}");

        Assert.That(
            trace.Select(span => span.Kind).Distinct(),
            Is.EquivalentTo(Enum.GetValues<TraceReceiver.SpanKind>().Except([TraceReceiver.SpanKind.Unspecified])));
    }

    [Test]
    public async Task Should_be_let_in_by_every_program()
    {
        await Becomes("""up{service="psp"} == 1""");
        await Becomes("absent(up == 0)");
    }

    [Test]
    public async Task Should_show_a_number_in_every_panel()
    {
        foreach (var (title, expression) in Panels())
        {
            await Eventually.Is(
                async () => (await Query(expression)).Any(double.IsFinite), $"\"{title}\" shows a number: {expression}");
        }
    }

    [Test]
    public async Task Should_evaluate_every_rule_and_find_what_it_reads()
    {
        var rules = await Eventually.Get(
            async () => await Rules() is var all && all.All(rule => rule.Health == "ok") ? all : null, () => "every rule was evaluated");
        Assert.That(rules.Select(rule => rule.Name), Does.Contain("EventsLost").And.Contain("shopsaga:orders_late:ratio_5m"));
        foreach (var (name, expression, _) in rules)
        {
            await Query(expression);
            foreach (var series in Series().Matches(Labels().Replace(expression, "")).Select(match => match.Value)
                .Where(series => !NotProvoked.Keys.Any(name => series.StartsWith(name, StringComparison.Ordinal))))
            {
                await Eventually.Is(async () => (await Query(series)).Count > 0, $"{name} reads {series}, which is there");
            }
        }
    }

    [TestCase("ErrorQueueNotEmpty")]
    [TestCase("BooksDiffer")]
    public async Task Should_have_raised_the_alert(string name) => await Eventually.Is(
        async () => (await Query($"max_over_time(ALERTS{{alertname=\"{name}\"}}[1h])")).Count > 0, $"{name} is pending or fires");

    [Test]
    public async Task Should_have_alerts_that_fire_when_their_tests_say()
    {
        var (exitCode, output) = await Executables.Run(
            new Command("promtool", "test", "rules", Path.Combine(Repository.Root, "infra/monitoring/tests/rules_test.yml")),
            CancellationToken.None);

        Assert.That(exitCode, Is.Zero, output);
    }

    private async Task Order()
    {
        string[] methods = ["CARD", "CARD_DECLINED"];
        for (var number = 0; !_enough.IsCancellationRequested; number++)
        {
            var order = await TestOrder.Place(_customer, _product, methods[number % methods.Length]);
            await Eventually.Is(async () => await order.Status() != "PENDING", $"order {order.Id} leaves PENDING");
            if (await order.Status() == "CONFIRMED")
            {
                await order.Cancel();
            }

            await _customer.Get($"products/{_product}");
        }
    }

    /// <summary>What the series of incidents count. All of it is repaired.</summary>
    private async Task GoWrong()
    {
        using var customer = await CustomerClient.Register();
        // Services count in memory, so what they count comes after the restart.
        await TakeAServiceAway();
        var held = await FailAHandler(customer);
        await LeaveAMessageInTheErrorQueue();
        await LetTheBooksDiffer();
        await held.WaitForStatus("CONFIRMED");
    }

    private static async Task<TestOrder> FailAHandler(CustomerClient customer)
    {
        using var http = new HttpClient();
        var metrics = new Uri(RunningSystem.Stack.Ports.AddressOf(Topology.Find("Orders")), "/metrics");
        var product = await TestOrder.ListProduct(stock: 1);
        await using var failing = await ServiceDatabase.FailRecordingOf("StockReserved", await customer.Id());
        var order = await TestOrder.Place(customer, product);
        await Eventually.Is(
            async () => (await http.GetStringAsync(metrics)).Contains("nservicebus_recoverability_delayed_total", StringComparison.Ordinal),
            "Orders retries a message later");
        return order;
    }

    private async Task LeaveAMessageInTheErrorQueue()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }
            .CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var garbage = Guid.NewGuid().ToByteArray();
        var properties = new BasicProperties
        {
            MessageId = Guid.NewGuid().ToString(),
            Headers = new Dictionary<string, object?>
            {
                ["NServiceBus.EnclosedMessageTypes"] = "ShopSaga.Contracts.Payments.PaymentCompleted, ShopSaga.Contracts",
            },
        };
        await channel.BasicPublishAsync("", "ShopSaga.Settlement", mandatory: true, properties, garbage);
        await Becomes("""sum(rabbitmq_detailed_queue_messages_ready{queue="error"}) > 0""");
        await Becomes("""ALERTS{alertname="ErrorQueueNotEmpty"}""");

        BasicGetResult? failed;
        while ((failed = await channel.BasicGetAsync("error", autoAck: false)) is not null)
        {
            if (failed.Body.Span.SequenceEqual(garbage))
            {
                await channel.BasicAckAsync(failed.DeliveryTag, multiple: false);
                break;
            }
        }

        Assert.That(failed, Is.Not.Null, "the message that was not understood is in the error queue");
    }

    private async Task LetTheBooksDiffer()
    {
        var order = await TestOrder.Place(_customer, _product);
        await order.WaitForStatus("CONFIRMED");
        var day = "";
        await Eventually.Is(
            async () => (day = await ServiceDatabase.Query<string>(
                "Settlement", "SELECT coalesce(max(business_date)::text, '') FROM entries WHERE order_id = @Id", order)) != "",
            "the ledger has the payment");
        var change = "UPDATE charges SET amount = amount {0} 1 WHERE idempotency_key = 'order-" + order.Id + "'";
        await ServiceDatabase.Execute("psp", string.Format(CultureInfo.InvariantCulture, change, "+"));
        await Compare();
        await ServiceDatabase.Execute("psp", string.Format(CultureInfo.InvariantCulture, change, "-"));
        await Becomes("""ALERTS{alertname="BooksDiffer"}""");
        await Compare();

        Task Compare() => RunningSystem.Admin.Get($"settlements/reconciliation/{day}");
    }

    private async Task TakeAServiceAway()
    {
        await RunningSystem.Stack.Stop("Settlement");
        try
        {
            await Becomes("""up{service="settlement"} == 0""");
            Assert.That(
                async () => await RunningSystem.Admin.GetOnce("settlements/daily"),
                Throws.TypeOf<HttpRequestException>().With.Property("StatusCode").EqualTo(System.Net.HttpStatusCode.ServiceUnavailable));
        }
        finally
        {
            await RunningSystem.Stack.Start("Settlement");
        }
    }

    private Task Becomes(string expression) => Eventually.Is(async () => (await Query(expression)).Count > 0, expression);

    private async Task<List<double>> Query(string expression)
    {
        using var answer = await _http.GetAsync(new Uri(Address, "/api/v1/query?query=" + Uri.EscapeDataString(expression)));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, Is.True, $"{expression}: {text}");
        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Select(series => series.GetProperty("value")[1].GetString() switch
            {
                "+Inf" => double.PositiveInfinity,
                "-Inf" => double.NegativeInfinity,
                var number => double.Parse(number!, CultureInfo.InvariantCulture),
            })];
    }

    private async Task<List<(string Name, string Expression, string Health)>> Rules()
    {
        using var json = JsonDocument.Parse(await _http.GetStringAsync(new Uri(Address, "/api/v1/rules")));
        return [.. json.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => (Text(rule, "name"), Text(rule, "query"), Text(rule, "health")))];

        static string Text(JsonElement rule, string member) => rule.GetProperty(member).GetString()!;
    }

    private static Uri Address => Prometheus.Address(RunningSystem.Stack.Ports);

    private static IEnumerable<(string Title, string Expression)> Panels()
    {
        foreach (var file in Repository.FilesIn("infra/monitoring/dashboards", ".json"))
        {
            using var dashboard = JsonDocument.Parse(Repository.Read(file));
            foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
            {
                foreach (var target in panel.GetProperty("targets").EnumerateArray())
                {
                    yield return (
                        panel.GetProperty("title").GetString()!,
                        target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "1h", StringComparison.Ordinal));
                }
            }
        }
    }

    /// <summary>The exporters of PostgreSQL and Redis: their addresses by job.</summary>
    private async Task<Dictionary<string, string>> StartExporters()
    {
        var stack = RunningSystem.Stack;
        var database = new NpgsqlConnectionStringBuilder(stack.AdminConnectionString);
        var (postgreSql, redis) = (FreeAddress(), FreeAddress());
        await Start(new Command("prometheus-postgres-exporter", $"--web.listen-address={postgreSql}")
        {
            Environment =
            {
                ["DATA_SOURCE_NAME"] =
                    $"postgresql://{database.Username}:{database.Password}@{database.Host}:{database.Port}/postgres?sslmode=disable",
            },
        });
        await Start(new Command("prometheus-redis-exporter", $"-web.listen-address={redis}", $"-redis.addr=redis://{stack.RedisAddress}"));
        return new() { ["postgresql"] = postgreSql, ["redis"] = redis };

        async Task Start(Command command) =>
            _exporters.Add(await Child.Start(command, Path.Combine(stack.DataPath, $"{command.Program}.log")));
    }

    private static string FreeAddress()
    {
        using var probe = new TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return probe.LocalEndpoint.ToString()!;
    }

    /// <summary>The name of a series, with its labels.</summary>
    [GeneratedRegex("""\b(?:shopsaga|nservicebus|http_server|rabbitmq|probe|up\b)[a-z0-9_:]*(?:\{[^}]*\})?""")]
    private static partial Regex Series();

    [GeneratedRegex(@"by \([^)]*\)")]
    private static partial Regex Labels();
}
