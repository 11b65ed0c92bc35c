using System.Text.Json;

namespace ShopSaga.Fuzz;

/// <summary>The running system that is attacked.</summary>
/// <param name="Gateway">The address of the gateway.</param>
/// <param name="AdminEmail">The first administrator's e-mail address.</param>
/// <param name="AdminPassword">The first administrator's password.</param>
/// <param name="Folder">The launcher's data folder: logs, secrets and process ids.</param>
/// <param name="Broker">The broker's address as its administrator.</param>
/// <param name="BrokerManagement">The address of the broker's management API.</param>
/// <param name="Database">The connection string of PostgreSQL's administrator.</param>
internal sealed record Target(
    Uri Gateway, string AdminEmail, string AdminPassword, string Folder, string Broker, string BrokerManagement, string Database)
{
    /// <summary>Reads the environment variables that the launcher sets for a command.</summary>
    /// <exception cref="InvalidOperationException">A variable is missing.</exception>
    public static Target From(Func<string, string?> variable)
    {
        return new Target(
            new Uri(Required("SHOPSAGA_GATEWAY")), Required("SHOPSAGA_ADMIN_EMAIL"), Required("SHOPSAGA_ADMIN_PASSWORD"),
            Required("SHOPSAGA_STACK"),
            Required("SHOPSAGA_RABBITMQ"), Required("SHOPSAGA_RABBITMQ_MANAGEMENT"), Required("SHOPSAGA_POSTGRES"));

        string Required(string name) => variable(name) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"{name} is not set: run the target Fuzz, or ShopSaga.Local exec --services -- this program.");
    }

    /// <summary>Passwords and keys by name.</summary>
    public Dictionary<string, string> Secrets() =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(Folder, "secrets.json")))!;

    /// <summary>The log files.</summary>
    public IEnumerable<string> Logs() => Directory.EnumerateFiles(Path.Combine(Folder, "logs"), "*.log");
}
