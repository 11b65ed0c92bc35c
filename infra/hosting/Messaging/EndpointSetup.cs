using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using OpenTelemetry;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Hosting.Messaging;

/// <summary>
/// How an endpoint of ShopSaga is set up on the bus. The one file in which the two lanes differ (docs/decisions/001-two-lanes.md).
/// </summary>
public static class EndpointSetup
{
    /// <summary>The namespace under which every event lives.</summary>
    private const string EventsNamespace = "ShopSaga.Contracts";

    /// <summary>Where the messages of all services go that failed for good.</summary>
    internal const string ErrorQueue = "error";

    /// <summary>Adds the endpoint <c>ShopSaga.{service}</c> with the handlers and sagas that <paramref name="register"/> names.</summary>
    public static void AddEndpoint(this WebApplicationBuilder builder, string service, Action<EndpointConfiguration> register)
    {
        var configuration = builder.Configuration;
        var installing = new InstallingPhase(configuration);
        builder.Services.AddHostedService(_ => installing);
        var endpoint = new EndpointConfiguration($"ShopSaga.{service}");
        endpoint.Conventions()
            .DefiningEventsAs(type => type.Namespace?.StartsWith(EventsNamespace, StringComparison.Ordinal) == true)
            .DefiningCommandsAs(_ => false);
        endpoint.UseSerialization<SystemJsonSerializer>();
        endpoint.UseTransport(new RabbitMQTransport(
            RoutingTopology.Conventional(QueueType.Quorum),
            configuration.Required("ConnectionStrings:Broker"))
        {
            NetworkRecoveryInterval = configuration.GetValue("Messaging:ReconnectAfter", TimeSpan.FromSeconds(1)),
#if NSERVICEBUS
            // Both ask the broker's management API, which a service's user may not do.
            ValidateDeliveryLimits = false,
            DisabledBrokerRequirementChecks = BrokerRequirementChecks.Version310OrNewer | BrokerRequirementChecks.StreamsEnabled,
#endif
        });

        var persistence = endpoint.UsePersistence<SqlPersistence>();
        persistence.ConnectionBuilder(installing.NewConnection);
        persistence.SqlDialect<SqlDialect.PostgreSql>()
            .JsonBParameterModifier(parameter => ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Jsonb);
        persistence.EnableTransactionalSession();

        endpoint.EnableOutbox();
        endpoint.EnableInstallers();
        endpoint.SendFailedMessagesTo(ErrorQueue);
        endpoint.LimitMessageProcessingConcurrencyTo(configuration.GetValue("Messaging:Concurrency", 8));
        endpoint.Recoverability()
            .Immediate(retries => retries.NumberOfRetries(configuration.GetValue("Messaging:ImmediateRetries", 5)))
            .Delayed(retries => retries
                .NumberOfRetries(configuration.GetValue("Messaging:DelayedRetries", 3))
                .TimeIncrease(configuration.GetValue("Messaging:DelayedRetryIncrease", TimeSpan.FromSeconds(10))));
        endpoint.UniquelyIdentifyRunningInstance().UsingNames(
            configuration["Messaging:InstanceName"] ?? endpoint.EndpointName,
            Environment.MachineName);
        // Receivers go on with the sender's trace, also after a delay (docs/decisions/020-one-trace-for-an-order.md).
        endpoint.AddHeaderToAllOutgoingMessages("NServiceBus.OpenTelemetry.StartNewTrace", bool.FalseString);
        builder.AddServiceControl(endpoint);
#if NSERVICEBUS
        endpoint.AssemblyScanner().Disable = true;
#else
        endpoint.HandleInGroupsOf(configuration.GetValue("Messaging:GroupSize", 1));
#endif
        register(endpoint);
        builder.Services.AddNServiceBusEndpoint(endpoint);
    }

    /// <summary>How a request's session is opened.</summary>
    internal static SqlPersistenceOpenSessionOptions NewSession() => new()
    {
#if NSERVICEBUS
        // How soon the committed messages are looked for again; 2 s by default, and broker delays are whole seconds.
        CommitDelayIncrement = TimeSpan.FromSeconds(0.5),
#endif
    };

    /// <summary>Collects traces and metrics for as long as the service lives.</summary>
    internal static void CollectTelemetry(this IServiceCollection services, Action<IOpenTelemetryBuilder> configure) =>
#if NSERVICEBUS
        configure(services.AddOpenTelemetry());
#else
        services.AddSingleton(_ => OpenTelemetrySdk.Create(configure));
#endif
}
