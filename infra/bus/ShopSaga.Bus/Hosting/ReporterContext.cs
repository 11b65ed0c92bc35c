using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Bus;

/// <summary>What a reporter knows of its endpoint.</summary>
/// <param name="EndpointName">Its name.</param>
/// <param name="Host">The identity of the process.</param>
/// <param name="Connect">Opens another connection to the broker, which does not count for the endpoint's health.</param>
/// <param name="Scopes">The host's services.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Makes loggers.</param>
internal sealed record ReporterContext(
    string EndpointName,
    HostIdentity Host,
    Func<ITransport> Connect,
    IServiceScopeFactory Scopes,
    TimeProvider Time,
    ILoggerFactory Loggers);
