using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Bus;

/// <summary>Hosting.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Runs an endpoint with the host, and registers <see cref="IMessageSession"/> and <see cref="ITransactionalSession"/>.
    /// One endpoint for each host.
    /// </summary>
    /// <exception cref="InvalidOperationException">The configuration is incomplete; the message says what to set.</exception>
    public static IServiceCollection AddNServiceBusEndpoint(this IServiceCollection services, EndpointConfiguration configuration) => services;
}
