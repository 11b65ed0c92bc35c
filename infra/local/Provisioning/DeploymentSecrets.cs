using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;

namespace ShopSaga.Local.Provisioning;

/// <summary>Where a deployment's servers are, as its services see them.</summary>
/// <param name="PostgreSql">host or host:port</param>
/// <param name="RabbitMq">host or host:port</param>
/// <param name="RabbitMqManagement">host:port</param>
internal sealed record DeployedServers(string PostgreSql, string RabbitMq, string RabbitMqManagement);

/// <summary>
/// The secrets of a deployment, generated once: for each program its own secrets, by setting, so that a container platform can mount them
/// as files. Names of services, roles and databases come from <see cref="Topology"/>.
/// </summary>
internal static class DeploymentSecrets
{
    /// <summary>The folder for <see cref="Provisioning"/>: the administrators' addresses and all passwords.</summary>
    public const string Provision = "provision";

    public const string Passwords = "passwords.json";

    /// <summary>The name of the password of ServiceControl's broker user, who is there only where the password is given.</summary>
    public const string ServiceControl = "servicecontrol";

    private const string Administrator = "shopsaga";
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    /// <summary>By program in small letters, then by file.</summary>
    /// <param name="servers">Where the servers are.</param>
    /// <param name="passwords">Existing passwords; missing ones are added.</param>
    public static SortedDictionary<string, Dictionary<string, string>> Make(
        DeployedServers servers, SortedDictionary<string, string> passwords)
    {
        var admin = new NpgsqlConnectionStringBuilder
        {
            Host = servers.PostgreSql.Split(':')[0],
            Port = servers.PostgreSql.Split(':') is [_, var port]
                ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)
                : 5432,
            Database = "postgres",
            Username = Administrator,
            Password = Secret("postgresql"),
        }.ConnectionString;
        var broker = $"amqp://{Administrator}:{Secret("rabbitmq")}@{servers.RabbitMq}/";
        var secrets = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal)
        {
            ["postgresql"] = new() { ["password"] = Secret("postgresql") },
            ["rabbitmq"] = new() { ["20-administrator.conf"] = $"default_user = {Administrator}\ndefault_pass = {Secret("rabbitmq")}\n" },
        };
        foreach (var service in Topology.Services)
        {
            var its = ServiceSecrets.Of(service, Secret);
            if (service.Database is { } database)
            {
                its["ConnectionStrings__Database"] = PostgreSql.ConnectionString(admin, database, Secret);
                its["ConnectionStrings__Schema"] = PostgreSql.SchemaConnectionString(admin, database, Secret);
            }

            if (service.HasBrokerUser)
            {
                its["ConnectionStrings__Broker"] = BrokerUsers.Address(broker, service, Secret);
            }

            if (service.Name == "Users")
            {
                its["Admin__Password"] = Secret("admin");
            }

            if (its.Count > 0)
            {
                secrets[service.Name.ToLowerInvariant()] = its;
            }
        }

        secrets[Provision] = new()
        {
            ["PostgreSql"] = admin,
            ["RabbitMq"] = broker,
            ["RabbitMqManagement"] = $"http://{Administrator}:{Secret("rabbitmq")}@{servers.RabbitMqManagement}/",
            [Passwords] = JsonSerializer.Serialize(passwords, Readable),
        };
        return secrets;

        string Secret(string name)
        {
            if (!passwords.TryGetValue(name, out var secret))
            {
                passwords[name] = secret = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 40);
            }

            return secret;
        }
    }
}
