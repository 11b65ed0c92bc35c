using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ShopSaga.Bus;

/// <summary>Hosting.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Runs an endpoint with the host, and registers <see cref="IMessageSession"/> (singleton), <see cref="ITransactionalSession"/> (scoped) and a
    /// health check called <c>bus</c>. One endpoint for each host. What is missing in the configuration stops the host's start with a message that
    /// says what to set.
    /// </summary>
    public static IServiceCollection AddNServiceBusEndpoint(this IServiceCollection services, EndpointConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(configuration);
        services.AddSingleton<EndpointHealth>();
        services.AddSingleton<Endpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<Endpoint>());
        services.AddSingleton<IMessageSession, MessageSession>();
        services.AddScoped<ITransactionalSession, TransactionalSession>();
        services.AddHealthChecks().AddCheck<EndpointHealth>("bus");
        return services;
    }
}
