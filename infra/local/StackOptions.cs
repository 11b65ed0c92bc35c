namespace ShopSaga.Local;

/// <summary>What to start, and where.</summary>
internal sealed record StackOptions
{
    /// <summary>The gateway's port, from which all others derive; null takes a free range, and removes its data at the end.</summary>
    public int? BasePort { get; init; }

    /// <summary>Without services only PostgreSQL, RabbitMQ and Redis run.</summary>
    public bool WithServices { get; init; }

    /// <summary>Forget what an earlier run left.</summary>
    public bool Fresh { get; init; }

    /// <summary>Instances of every service behind the gateway.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>Limits at the gateway that load and test clients do not meet.</summary>
    public bool RelaxedRateLimits { get; init; }

    /// <summary>Servers to use instead of private ones.</summary>
    public ServerAddresses Servers { get; init; } = new();

    public string AdminEmail { get; init; } = "admin@shopsaga.local";
    public string AdminPassword { get; init; } = "local-admin-password";

    /// <summary>Told what is going on, a line at a time.</summary>
    public Action<string> Progress { get; init; } = _ => { };
}

/// <summary>Servers somebody else runs; what is null we start ourselves.</summary>
internal sealed record ServerAddresses
{
    /// <summary>An administrator's Npgsql connection string.</summary>
    public string? PostgreSql { get; init; }

    /// <summary>amqp://user:password@host:port/</summary>
    public string? RabbitMq { get; init; }

    /// <summary>http://user:password@host:port/</summary>
    public string? RabbitMqManagement { get; init; }

    /// <summary>host:port</summary>
    public string? Redis { get; init; }

    public static ServerAddresses FromEnvironment() => new()
    {
        PostgreSql = Read("SHOPSAGA_POSTGRES"),
        RabbitMq = Read("SHOPSAGA_RABBITMQ"),
        RabbitMqManagement = Read("SHOPSAGA_RABBITMQ_MANAGEMENT"),
        Redis = Read("SHOPSAGA_REDIS"),
    };

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
