using RabbitMQ.Client.Exceptions;
using ShopSaga.Hosting;
using ShopSaga.Replaying;

namespace ShopSaga.Operations.Failures;

/// <summary>Where failed messages are.</summary>
/// <param name="Broker">amqp://user:password@host:port/</param>
/// <param name="Queue">The error queue: <c>ErrorQueue</c>.</param>
/// <param name="ServicePulse">Where ServicePulse is shown, if it is: <c>ServicePulse:Address</c>.</param>
internal sealed record FailureSettings(string Broker, string Queue, Uri? ServicePulse)
{
    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message says which.</exception>
    public static FailureSettings From(IConfiguration configuration) => new(
        configuration.Required("ConnectionStrings:Broker"),
        configuration["ErrorQueue"] is { Length: > 0 } name ? name : ErrorQueue.DefaultName,
        configuration["ServicePulse:Address"] is { Length: > 0 } ? configuration.RequiredAddress("ServicePulse:Address") : null);

    public Task<ErrorQueue> Open(CancellationToken cancellationToken) => ErrorQueue.Open(Broker, Queue, cancellationToken);

    /// <summary>Whether the broker was lost, or was not there.</summary>
    public static bool IsLoss(Exception failure) => failure is RabbitMQClientException or IOException;
}
