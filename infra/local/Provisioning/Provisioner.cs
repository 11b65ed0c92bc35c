using System.Text.Json;
using Npgsql;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Provisioning;

/// <summary>
/// Prepares servers that are run elsewhere for the services: databases, roles, broker users with their rights, and the broker's policy.
/// Changes only what differs, so it can run before each deployment.
/// </summary>
/// <param name="folder">Holds the files of <see cref="DeploymentSecrets.Provision"/>.</param>
/// <param name="progress">Receives a line for each step.</param>
internal sealed class Provisioner(string folder, Action<string> progress)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public async Task Run(CancellationToken cancellationToken)
    {
        var passwords = JsonSerializer.Deserialize<Dictionary<string, string>>(Read(DeploymentSecrets.Passwords))!;
        string Secret(string name) => passwords.TryGetValue(name, out var password)
            ? password
            : throw new CannotStartException($"{Path.Combine(folder, DeploymentSecrets.Passwords)} has no password \"{name}\".");

        var (postgreSql, broker, management) = (Read("PostgreSql"), Read("RabbitMq"), Read("RabbitMqManagement"));
        await WhenThere(
            "PostgreSQL", () => PostgreSql.CreateDatabases(postgreSql, Secret, fresh: false, cancellationToken), cancellationToken);
        await WhenThere(
            "RabbitMQ",
            () => BrokerUsers.Create(management, broker, Secret, declareAll: false, cancellationToken),
            cancellationToken);
        if (passwords.TryGetValue(DeploymentSecrets.ServiceControl, out var serviceControl))
        {
            await BrokerUsers.CreateServiceControl(management, broker, serviceControl, cancellationToken);
        }
    }

    private async Task WhenThere(string server, Func<Task> work, CancellationToken cancellationToken)
    {
        for (var said = ""; ;)
        {
            try
            {
                await work();
                progress($"{server} has what the services need.");
                return;
            }
            catch (Exception notYet)
                when (notYet is HttpRequestException { StatusCode: null } or NpgsqlException { IsTransient: true }
                    or BrokerUnreachableException)
            {
                if (notYet.Message != said)
                {
                    progress($"Waiting for {server}: {said = notYet.Message}");
                }

                await Task.Delay(RetryAfter, cancellationToken);
            }
        }
    }

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"Cannot read {Path.Combine(folder, file)}: {failure.Message}");
        }
    }
}
