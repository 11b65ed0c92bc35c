using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Tests.Bus.Support;
using Smoke.Contracts.Commands;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>
/// The system that the samples were recorded from, on this runtime, and what it did:
/// <code>
///   POST /orders ─ session ─► PlaceOrder ─► Sales ─► OrderAccepted ─► OrderSaga ─► BillOrder ─► Billing
///                     Billing ─► BillOrderReply, OrderBilled ─► OrderSaga
///                                                          └► Billing (by IOrderEvent)  └► BillingTimeout, 4 s ─► OrderSaga
///   FailOrder ─► Sales: two immediate retries, one delayed by 3 s with two more, error queue
/// </code>
/// </summary>
[SetUpFixture]
public class SmokeSystem
{
    internal static TestEndpoint Sales { get; private set; } = null!;

    internal static TestEndpoint Billing { get; private set; } = null!;

    internal static SmokeNames Names { get; private set; } = null!;

    /// <summary>What handlers saw: the message's type and id.</summary>
    internal static Seen<string> SeenBySales { get; } = new();

    internal static Seen<string> SeenByBilling { get; } = new();

    /// <summary>What arrived in a queue of the samples, by its name there.</summary>
    internal static IReadOnlyDictionary<string, IReadOnlyList<WireMessage>> Arrived { get; private set; } = null!;

    /// <summary>The rows that the outbox table was given, in order.</summary>
    internal static IReadOnlyList<(string Change, JsonObject Row)> OutboxChanges { get; private set; } = [];

    internal static Guid OrderId { get; } = Guid.NewGuid();

    [OneTimeSetUp]
    public async Task RunScenario()
    {
        Names = new SmokeNames(TestEndpoint.UniqueName());
        await using var serviceControl = await Tap.On(Names.ServiceControl);
        await using var monitoring = await Tap.On(Names.Monitoring);
        await using var audit = await Tap.On(Names.Audit);
        Billing = await TestEndpoint.Start(
            configuration =>
            {
                Configure(configuration);
                configuration.AddHandler<OrderEventHandler>();
                configuration.AddHandler<BillOrderHandler>();
            },
            services => services.AddSingleton(SeenByBilling),
            Names.Billing);
        Sales = await TestEndpoint.Start(
            configuration =>
            {
                Configure(configuration);
                configuration.AddHandler<PlaceOrderHandler>();
                configuration.AddHandler<FailOrderHandler>();
                configuration.AddSaga<OrderSaga>();

                // The saga gets the reply before the event, as in the samples, so that it says the same of itself.
                configuration.LimitMessageProcessingConcurrencyTo(1);
                configuration.Recoverability()
                    .Immediate(retries => retries.NumberOfRetries(2))
                    .Delayed(retries => retries.NumberOfRetries(1).TimeIncrease(TimeSpan.FromSeconds(3)));
                configuration.SendHeartbeatTo(Names.ServiceControl, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40));
                configuration.ReportCustomChecksTo(Names.ServiceControl);
                configuration.AddCustomCheck<PgReachable>();
                configuration.EnableMetrics().SendMetricDataToServiceControl(Names.Monitoring, TimeSpan.FromSeconds(1), "smoke-sales-1");
                configuration.AuditSagaStateChanges(Names.Audit);
            },
            services => services.AddSingleton(SeenBySales).AddSingleton(Names),
            Names.Sales);
        await Sales.Execute($"""
            create table orders (id uuid primary key, customer text, amount numeric);
            create table outbox_changes (n int generated always as identity, change text, new_row jsonb);
            create function keep() returns trigger language plpgsql as
                'begin insert into outbox_changes (change, new_row) values (tg_op, to_jsonb(new)); return new; end';
            create trigger keep after insert or update on "{Sales.OutboxTable}" for each row execute function keep();
            """);

        await using var sales = await Tap.On(Names.Sales);
        await using var billing = await Tap.On(Names.Billing);
        await using var error = await Tap.On(Names.Error);
        await PlaceOrder();
        await FailOrder();
        await Eventually.Is(() => error.Count == 1, "one failed message");
        await Eventually.Is(
            async () => await Sales.Query<int>($"select \"Concurrency\" from \"{Names.SagaTable}\"") == 4,
            "the saga has had the event, the reply, the second event and the timeout");
        await Eventually.Is(
            () => audit.All.Count(copy => copy.Headers.ContainsKey(Headers.ProcessingEndpoint)) == 8, "a copy of each processed message");
        await Eventually.Is(async () => await Sales.Count("not \"Dispatched\"") == 0, "all are marked");
        await Eventually.Is(
            () => Of(serviceControl).Select(message => message.Type).Distinct().Count() == 3,
            "start-up, a heartbeat and the result of a check");
        await Eventually.Is(
            () => Metrics.Of(Of(monitoring), "Retries").Count == 5
                && new[] { "ProcessingTime", "CriticalTime" }.All(metric => Metrics.TagsOf(Of(monitoring), metric).Count() == 5),
            "what was measured");
        Arrived = new Dictionary<string, IReadOnlyList<WireMessage>>
        {
            ["Smoke.Sales"] = Of(sales),
            ["Smoke.Billing"] = Of(billing),
            ["error"] = Of(error),
            ["audit"] = Of(audit),
            ["Particular.ServiceControl"] = Of(serviceControl),
            ["Particular.Monitoring"] = Of(monitoring),
        };
        OutboxChanges = [.. (await Sales.QueryAll<(string Change, string Row)>(
                "select change, new_row::text from outbox_changes order by n"))
            .Select(change => (change.Change, JsonNode.Parse(change.Row)!.AsObject()))];
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await Sales.DisposeAsync();
        await Billing.DisposeAsync();
        await Broker.Delete(Names.Error, Names.Audit, Names.ServiceControl, Names.Monitoring);
    }

    private static List<WireMessage> Of(Tap tap) => [.. tap.All.Select(WireMessage.Of)];

    private static void Configure(EndpointConfiguration configuration)
    {
        configuration.Conventions()
            .DefiningEventsAs(type => type.Namespace == "Smoke.Contracts.Events")
            .DefiningCommandsAs(type => type.Namespace == "Smoke.Contracts.Commands");
        configuration.SendFailedMessagesTo(Names.Error);
        configuration.AuditProcessedMessagesTo(Names.Audit);
    }

    /// <summary>As a request does, within its activity.</summary>
    private static async Task PlaceOrder()
    {
        using var activity = new Activity("POST /orders").Start();
        await using var request = Sales.NewRequest(out var session);
        await session.Open(new SqlPersistenceOpenSessionOptions());
        await session.SendLocal(new PlaceOrder { OrderId = OrderId, Customer = "ACME", Amount = 12.5m });
        await session.Commit();
    }

    private static async Task FailOrder()
    {
        using var activity = new Activity("POST /fail").Start();
        await Sales.Session.SendLocal(new FailOrder { OrderId = Guid.NewGuid(), Reason = "boom" });
    }
}

/// <summary>Names of this run, none of which another run uses.</summary>
internal sealed record SmokeNames(string Run)
{
    public string Sales => $"{Run}.Sales";

    public string Billing => $"{Run}.Billing";

    public string Error => $"{Run}.error";

    public string Audit => $"{Run}.audit";

    public string ServiceControl => $"{Run}.ServiceControl";

    public string Monitoring => $"{Run}.Monitoring";

    public string SagaTable => $"{Run}_Sales_OrderSaga";

    /// <summary>Each with the name that it has in the samples.</summary>
    public IReadOnlyDictionary<string, string> InSamples => new Dictionary<string, string>
    {
        [Sales] = "Smoke.Sales",
        [Billing] = "Smoke.Billing",
        [Error] = "error",
        [Audit] = "audit",
        [ServiceControl] = "Particular.ServiceControl",
        [Monitoring] = "Particular.Monitoring",
    };
}
