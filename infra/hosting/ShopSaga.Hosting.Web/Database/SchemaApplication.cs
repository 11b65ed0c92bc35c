using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace ShopSaga.Hosting.Database;

/// <summary>When schema scripts run and queues are made, by <c>Schema:Apply</c>.</summary>
internal enum SchemaApplication
{
    /// <summary>While the service starts.</summary>
    AtStart,

    /// <summary>While the service starts, which then ends: for a job that runs before a release.</summary>
    Only,

    /// <summary>Not here: such a job does it.</summary>
    Never,
}

internal static class SchemaApplicationSetting
{
    extension(SchemaApplication)
    {
        /// <exception cref="InvalidOperationException">The setting is unknown; the message says what to set.</exception>
        public static SchemaApplication Of(IConfiguration configuration) => configuration["Schema:Apply"] switch
        {
            null or "" => SchemaApplication.AtStart,
            var text when Enum.TryParse<SchemaApplication>(text, out var value) && Enum.IsDefined(value) => value,
            var text => throw new InvalidOperationException(
                $"Configuration 'Schema:Apply' is '{text}'. Set Schema__Apply to {string.Join(", ", Enum.GetNames<SchemaApplication>())}."),
        };
    }
}

/// <summary>Ends the process in good order as soon as all of it has started.</summary>
internal sealed class EndWhenStarted(IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(lifetime.StopApplication);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
