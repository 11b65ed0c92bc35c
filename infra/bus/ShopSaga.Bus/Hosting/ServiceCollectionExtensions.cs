using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ShopSaga.Bus;

/// <summary>Runs an endpoint with the host.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Runs an endpoint with the host, and registers <see cref="IMessageSession"/> (singleton), <see cref="ITransactionalSession"/>
    /// (scoped) and a health check called <c>bus</c>. One endpoint for each host. An incomplete configuration stops the host's start with a
    /// message that says what to set.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host has an endpoint.</exception>
    public static IServiceCollection AddNServiceBusEndpoint(this IServiceCollection services, EndpointConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(EndpointConfiguration)))
        {
            throw new InvalidOperationException(
                $"The host of {configuration.EndpointName} has another endpoint already; each needs a host of its own.");
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(configuration);
        services.AddSingleton<EndpointHealth>();
        services.AddSingleton<Endpoint>();
        services.AddHostedService(provider => provider.GetRequiredService<Endpoint>());
        services.AddSingleton(provider => provider.GetRequiredService<Endpoint>().NewMessageSession());
        services.AddScoped(provider => provider.GetRequiredService<Endpoint>().NewTransactionalSession());
        services.AddHealthChecks().AddCheck<EndpointHealth>("bus");
        return services;
    }
}
