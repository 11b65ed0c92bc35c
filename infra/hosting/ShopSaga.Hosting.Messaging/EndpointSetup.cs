using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Hosting.Database;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Lanes;
using ShopSaga.Hosting.Monitoring;

namespace ShopSaga.Hosting.Messaging;

/// <summary>How an endpoint of ShopSaga is set up on the bus.</summary>
public static class EndpointSetup
{
    /// <summary>
    /// How many messages are handled at once without groups: in the nservicebus lane, or with <c>Messaging:GroupSize=1</c>. Groups have a
    /// default of their own, in <see cref="Lane"/>.
    /// </summary>
    private const int Concurrency = 8;

    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>The namespace of all events.</summary>
    private const string EventsNamespace = "ShopSaga.Contracts";

    /// <summary>
    /// Answers a request with 503 when the broker cannot be reached. NServiceBus' sessions use the broker within the request; in the
    /// embedded lane only a route that does so itself.
    /// </summary>
    internal static readonly UnavailableWhen BrokerUnavailable =
        new(failure => failure is RabbitMQClientException or BrokerUnreachableException);

    /// <summary>Adds the endpoint <c>ShopSaga.{service}</c> with the handlers and sagas that <paramref name="register"/> adds.</summary>
    public static void AddEndpoint(this WebApplicationBuilder builder, string service, Action<EndpointConfiguration> register)
    {
        var configuration = builder.Configuration;
        var installing = new InstallingPhase(configuration);
        builder.Services.AddHostedService(services =>
        {
            installing.UseOnceStarted(services.GetRequiredService<NpgsqlDataSource>());
            return installing;
        });
        builder.Services.AddSingleton(BrokerUnavailable);
        var endpoint = new EndpointConfiguration($"ShopSaga.{service}");
        // Commands are internal types that an endpoint sends only to itself; they need no convention.
        endpoint.Conventions()
            .DefiningEventsAs(type => type.Namespace?.StartsWith(EventsNamespace, StringComparison.Ordinal) == true)
            .DefiningCommandsAs(_ => false);
        endpoint.UseSerialization<SystemJsonSerializer>();
        endpoint.UseTransport(Lane.Transport(
            configuration.Required("ConnectionStrings:Broker"),
            configuration.Time("Messaging:ReconnectAfter", TimeSpan.FromSeconds(1), MinTime, MaxTime)));

        var persistence = endpoint.UsePersistence<SqlPersistence>();
        persistence.ConnectionBuilder(installing.NewConnection);
        persistence.SqlDialect<SqlDialect.PostgreSql>()
            .JsonBParameterModifier(parameter => ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Jsonb);
        persistence.EnableTransactionalSession();

        endpoint.EnableOutbox();
        if (SchemaApplication.Of(configuration) != SchemaApplication.Never)
        {
            endpoint.EnableInstallers();
        }

        endpoint.SendFailedMessagesTo(MonitoredEndpoint.ErrorQueue);
        endpoint.LimitMessageProcessingConcurrencyTo(configuration.Number("Messaging:Concurrency", Concurrency, min: 1));
        endpoint.Recoverability()
            .Immediate(retries => retries.NumberOfRetries(configuration.Number("Messaging:ImmediateRetries", 5, min: 0)))
            .Delayed(retries => retries
                .NumberOfRetries(configuration.Number("Messaging:DelayedRetries", 3, min: 0))
                .TimeIncrease(configuration.Time("Messaging:DelayedRetryIncrease", TimeSpan.FromSeconds(10), MinTime, MaxTime)));
        var instance = configuration["Messaging:InstanceName"] ?? endpoint.EndpointName;
        // The host id comes from the two names, so that it survives a restart; ServicePulse shows the display name.
        endpoint.UniquelyIdentifyRunningInstance()
            .UsingNames(instance, Environment.MachineName)
            .UsingCustomDisplayName($"{instance}@{Environment.MachineName}");
        // Receivers continue the sender's trace, also after a delay (docs/decisions/010-one-trace-for-an-order.md).
        endpoint.AddHeaderToAllOutgoingMessages("NServiceBus.OpenTelemetry.StartNewTrace", bool.FalseString);
        builder.AddServiceControl(endpoint, service);
        builder.AddBusTelemetry();
        builder.Services.AddEndpointGauges(endpoint.EndpointName);
        Lane.Configure(builder, endpoint);
        register(endpoint);
        builder.Services.AddNServiceBusEndpoint(endpoint);
    }

    /// <summary>
    /// Handles waiting messages in groups, each group in one transaction (docs/decisions/025-an-order-is-made-cheap.md). A group locks the
    /// keys of its messages and handles them in ascending order, so that groups cannot deadlock. <c>Messaging:GroupSize</c> limits a group;
    /// with 1, and in the nservicebus lane, there are none. <c>Messaging:Concurrency</c> says how many groups are handled at once.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="configuration">The service's settings.</param>
    /// <param name="keyOf">The key of a message, such as its order's id; null for one whose rows no other message changes.</param>
    /// <param name="lockMore">Locks, in one order, the rows that messages with different keys have in common.</param>
    public static void HandleInGroups(
        this EndpointConfiguration endpoint,
        IConfiguration configuration,
        Func<object, long?> keyOf,
        Func<Sql, IReadOnlyList<object>, Task>? lockMore = null) => Lane.HandleInGroups(
            endpoint,
            configuration,
            keyOf,
            lockMore is null ? null : (session, messages, cancellationToken) => lockMore(new Sql(session, cancellationToken), messages));

    /// <summary>
    /// Handles each message of these handlers in a transaction of its own, besides the groups. They call another system: in a group such a
    /// call would delay the commit of all its messages, and be repeated when one of them fails.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="concurrency">How many such calls there are at the same time.</param>
    /// <param name="handlers">The handlers.</param>
    public static void HandleAlone(this EndpointConfiguration endpoint, int concurrency, params Type[] handlers) =>
        Lane.HandleAlone(endpoint, concurrency, handlers);
}
