using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
#if NSERVICEBUS
using Microsoft.Extensions.DependencyInjection;
#endif

namespace ShopSaga.Hosting.Lanes;

/// <summary>What differs between the two lanes (docs/decisions/001-two-lanes.md); no other file of a program has an <c>#if</c>.</summary>
internal static class Lane
{
#if !NSERVICEBUS
    private const int GroupSize = 20;

    /// <summary>Few, so that what arrives while all are busy becomes one group.</summary>
    private const int GroupsAtOnce = 2;

    /// <summary>How many messages that had to wait for a lock are handled besides the groups.</summary>
    private const int LockedAtOnce = 8;

#endif
    /// <summary>The RabbitMQ transport, with the settings that both lanes share.</summary>
    public static RabbitMQTransport Transport(string connection, TimeSpan reconnectAfter) =>
        new(RoutingTopology.Conventional(QueueType.Quorum), connection)
        {
            NetworkRecoveryInterval = reconnectAfter,
#if NSERVICEBUS
            // Both ask the broker's management API, which a service's user may not do.
            ValidateDeliveryLimits = false,
            DisabledBrokerRequirementChecks = BrokerRequirementChecks.Version310OrNewer | BrokerRequirementChecks.StreamsEnabled,
#endif
        };

    /// <summary>On NServiceBus, scans no assemblies, and dispatches what the embedded lane left; does nothing in that lane.</summary>
    public static void Configure(WebApplicationBuilder builder, EndpointConfiguration endpoint)
    {
#if NSERVICEBUS
        endpoint.AssemblyScanner().Disable = true;
        builder.Services.AddHostedService<UndispatchedRecords>();
#endif
    }

    /// <summary>Sets up groups in the embedded lane; does nothing on NServiceBus, which has none.</summary>
    public static void HandleInGroups(
        EndpointConfiguration endpoint,
        IConfiguration configuration,
        Func<object, long?> keyOf,
        Func<ISynchronizedStorageSession, IReadOnlyList<object>, CancellationToken, Task>? lockMore)
    {
#if !NSERVICEBUS
        var size = configuration.Number("Messaging:GroupSize", GroupSize, min: 1);
        endpoint.HandleInGroupsOf(size);
        endpoint.LockInOrder(keyOf, lockMore is null ? null : new LockForGroup(lockMore));
        if (size > 1)
        {
            endpoint.LimitMessageProcessingConcurrencyTo(configuration.Number("Messaging:Concurrency", GroupsAtOnce, min: 1));
            // For messages that had to wait for a lock. HandleAlone, where an endpoint uses it, replaces these workers by its own.
            endpoint.HandleAlone(_ => false, LockedAtOnce);
        }
#endif
    }

    /// <summary>
    /// In the embedded lane, takes these handlers out of the groups and gives them workers of their own. On NServiceBus, where every
    /// message has a transaction of its own, sets how many are handled at once.
    /// </summary>
    public static void HandleAlone(EndpointConfiguration endpoint, int concurrency, Type[] handlers)
    {
#if NSERVICEBUS
        endpoint.LimitMessageProcessingConcurrencyTo(concurrency);
#else
        endpoint.HandleAlone(handlers.Contains, concurrency);
#endif
    }

    /// <summary>Options to open a request's session with. NServiceBus looks for the committed messages sooner than by default.</summary>
    public static SqlPersistenceOpenSessionOptions NewSession() => new()
    {
#if NSERVICEBUS
        // How soon the committed messages are looked for again; 2 s by default, and broker delays are whole seconds.
        CommitDelayIncrement = TimeSpan.FromSeconds(0.5),
#endif
    };
}
