namespace ShopSaga.Local.Servers;

/// <summary>Addresses of existing servers. The launcher starts a private server for each that is null.</summary>
internal sealed record ServerAddresses
{
    /// <summary>An Npgsql connection string of an administrator.</summary>
    public string? PostgreSql { get; init; }

    /// <summary>amqp://user:password@host:port/</summary>
    public string? RabbitMq { get; init; }

    /// <summary>http://user:password@host:port/</summary>
    public string? RabbitMqManagement { get; init; }

    /// <summary>host:port</summary>
    public string? Redis { get; init; }

    /// <summary>The API of ServiceControl, such as http://localhost:33333/api/, where it is part of the system.</summary>
    public Uri? ServiceControl { get; init; }

    /// <summary>
    /// The addresses in the variables SHOPSAGA_POSTGRES, SHOPSAGA_RABBITMQ, SHOPSAGA_RABBITMQ_MANAGEMENT, SHOPSAGA_REDIS and
    /// SHOPSAGA_SERVICECONTROL. Each may name a file instead, as SHOPSAGA_POSTGRES_FILE and so on: most hold a password.
    /// </summary>
    public static ServerAddresses FromEnvironment() => new()
    {
        PostgreSql = Read("SHOPSAGA_POSTGRES"),
        RabbitMq = Read("SHOPSAGA_RABBITMQ"),
        RabbitMqManagement = Read("SHOPSAGA_RABBITMQ_MANAGEMENT"),
        Redis = Read("SHOPSAGA_REDIS"),
        ServiceControl = Read("SHOPSAGA_SERVICECONTROL") is { } address ? new Uri(address) : null,
    };

    private static string? Read(string name) =>
        Variable(name) ?? (Variable($"{name}_FILE") is { } file ? File.ReadAllText(file).Trim() : null);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
