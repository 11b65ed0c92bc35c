using RabbitMQ.Client.Exceptions;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Operations.Failures;

internal static class FailureSetup
{
    public static void AddFailures(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(FailureSettings.From(builder.Configuration));
        builder.Services.AddSingleton<FailedMessages>();
        builder.Services.AddSingleton<MessageReturns>();
        builder.Services.AddSingleton(new UnavailableWhen(IsLoss));
    }

    /// <summary>Whether the broker was lost, or was not there.</summary>
    public static bool IsLoss(Exception failure) => failure is RabbitMQClientException or IOException;
}
