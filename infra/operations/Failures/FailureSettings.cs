using ShopSaga.Hosting;
using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>The broker whose error queue is read, and ServicePulse.</summary>
/// <param name="Broker">amqp://user:password@host:port/</param>
/// <param name="ServicePulse">Where ServicePulse is shown, if it is: <c>ServicePulse:Address</c>.</param>
internal sealed record FailureSettings(string Broker, Uri? ServicePulse)
{
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says which.</exception>
    public static FailureSettings From(IConfiguration configuration) => new(
        configuration.Required("ConnectionStrings:Broker"),
        configuration["ServicePulse:Address"] is { Length: > 0 } ? configuration.RequiredAddress("ServicePulse:Address") : null);

    public Task<ErrorQueue> Open(CancellationToken cancellationToken) => ErrorQueue.Open(Broker, ErrorQueue.DefaultName, cancellationToken);
}
