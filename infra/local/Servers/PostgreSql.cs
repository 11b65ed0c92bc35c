using Dapper;
using Npgsql;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>A private PostgreSQL: small, on loopback only, fully durable, never run as root.</summary>
internal static class PostgreSql
{
    /// <summary>The name of its process in the stack.</summary>
    public const string Name = "PostgreSQL";

    private const string SystemUser = "postgres";
    private const string Administrator = "shopsaga";

    public static string AdminConnectionString(Ports ports, DataFolder folder) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = ports.PostgreSql,
        Database = "postgres",
        Username = Administrator,
        Password = folder.Secret(Administrator),
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>The connection string of a running service: its own database, as its own role.</summary>
    public static string ConnectionString(string admin, Database database, Func<string, string> secret) =>
        new NpgsqlConnectionStringBuilder(admin)
        {
            Database = database.Name,
            Username = database.Role,
            Password = secret(database.Role),
        }.ConnectionString;

    /// <summary>The connection string for a service's schema scripts: its own database, as the role that owns it.</summary>
    public static string SchemaConnectionString(string admin, Database database, Func<string, string> secret) =>
        new NpgsqlConnectionStringBuilder(admin)
        {
            Database = database.Name,
            Username = database.Owner,
            Password = secret(database.Owner),
        }.ConnectionString;

    /// <summary>Creates the data folder if there is none, and describes the server process.</summary>
    public static async Task<StackProcess> Prepare(string program, Ports ports, DataFolder folder, CancellationToken cancellationToken)
    {
        var user = Environment.IsPrivilegedProcess ? SystemUser : null;
        var data = await DataPlace(folder, user, cancellationToken);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await Initialise(program, data, user, folder, cancellationToken);
        }

        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = $"{ports.PostgreSql}",
            ["unix_socket_directories"] = "",
            ["max_connections"] = "300",
            ["shared_buffers"] = "64MB",
            ["max_wal_size"] = "512MB",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["password_encryption"] = "scram-sha-256",
            ["max_wal_senders"] = "0",
            ["wal_level"] = "minimal",
            ["wal_compression"] = "on",
            ["jit"] = "off",
        };
        // After a crash it syncs its thousands of files one by one unless told to sync the whole file system at once.
        if (OperatingSystem.IsLinux())
        {
            settings["recovery_init_sync_method"] = "syncfs";
        }

        var command = new Command(program, ["-D", data, .. settings.Select(setting => $"--{setting.Key}={setting.Value}")])
        {
            User = user,
            Folder = "/",
            HiddenPrefixes = ["PG"],
            StopSignal = Signal.Interrupt,
            AbandonSignal = Signal.Quit, // without a last checkpoint; SIGKILL would leave shared memory behind
        };
        var admin = AdminConnectionString(ports, folder);
        return new StackProcess(Name, command, token => Ping(admin, token), folder);
    }

    /// <summary>Opens a connection and runs a query.</summary>
    public static async Task Ping(string connectionString, CancellationToken cancellationToken)
    {
        var once = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 3 };
        await using var connection = new NpgsqlConnection(once.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await connection.ExecuteScalarAsync(new CommandDefinition("select 1", cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Creates each service's database, its owner (creates tables) and its role (reads and writes rows); no other role can open the
    /// database. Leaves existing databases as they are, except for passwords and permissions.
    /// </summary>
    public static async Task CreateDatabases(string admin, Func<string, string> secret, bool fresh, CancellationToken cancellationToken)
    {
        await using var connection = await Open(admin, cancellationToken);
        foreach (var database in Topology.Services.Select(service => service.Database).OfType<Database>())
        {
            // Names come from the topology and passwords are letters, digits and hyphens: neither can break out of a statement.
            var (name, role, owner) = (database.Name, database.Role, database.Owner);
            foreach (var login in new[] { role, owner })
            {
                var exists = await connection.ExecuteScalarAsync<bool>(
                    "select exists (select from pg_roles where rolname = @login)", new { login });
                await connection.ExecuteAsync($"{(exists ? "alter" : "create")} role {login} login password '{secret(login)}'");
            }

            if (fresh)
            {
                await connection.ExecuteAsync($"drop database if exists {name} with (force)");
            }

            if (!await connection.ExecuteScalarAsync<bool>("select exists (select from pg_database where datname = @name)", new { name }))
            {
                await connection.ExecuteAsync($"create database {name}");
            }

            await connection.ExecuteAsync($"""
                alter database {name} owner to {owner};
                revoke all on database {name} from public;
                grant connect on database {name} to {role};
                """);
            await Permit(new NpgsqlConnectionStringBuilder(admin) { Database = name }.ConnectionString, role, owner, cancellationToken);
        }
    }

    private static async Task Permit(string database, string role, string owner, CancellationToken cancellationToken)
    {
        await using var connection = await Open(database, cancellationToken);
        await connection.ExecuteAsync($"""
            revoke create on schema public from public;
            grant usage on schema public to {role};
            -- Tables from before the owner role existed. Tables of the owner stay as they are: a service may have revoked rights on them.
            do $$ begin
                if exists (select from pg_tables where tableowner = '{role}') then
                    reassign owned by {role} to {owner};
                    grant select, insert, update, delete on all tables in schema public to {role};
                    grant usage, select on all sequences in schema public to {role};
                end if;
            end $$;
            alter default privileges for role {owner} in schema public grant select, insert, update, delete on tables to {role};
            alter default privileges for role {owner} in schema public grant usage, select on sequences to {role};
            """);
    }

    private static async Task<NpgsqlConnection> Open(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static async Task Initialise(string program, string data, string? user, DataFolder folder, CancellationToken cancellationToken)
    {
        var passwordFile = data + ".password";
        DataFolder.WritePrivately(passwordFile, folder.Secret(Administrator));
        if (user is not null)
        {
            await RunOrThrow(new Command("chown", $"{user}:", passwordFile), cancellationToken);
        }

        // Should the machine lose power right now, there is nothing yet to lose: no need to sync.
        var initdb = new Command(Path.Combine(Path.GetDirectoryName(program)!, "initdb"),
            "--pgdata=" + data, "--username=" + Administrator, "--pwfile=" + passwordFile, "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        {
            User = user,
            Folder = "/",
            HiddenPrefixes = ["PG"],
        };
        await RunOrThrow(initdb, cancellationToken);
        File.Delete(passwordFile);
    }

    private static async Task<string> DataPlace(DataFolder folder, string? user, CancellationToken cancellationToken)
    {
        var data = folder.Of("postgresql");
        if (user is null)
        {
            return data;
        }

        if ((await Executables.Run(new Command("id", "-u", user), cancellationToken)).ExitCode != 0)
        {
            throw new CannotStartException(
                $"PostgreSQL must not run as root and there is no system user \"{user}\": create it (adduser --system {user}) "
                + "or run this as an ordinary user.");
        }

        var reachable = await Executables.Run(new Command("test", "-x", folder.Path) { User = user, Folder = "/" }, cancellationToken);
        if (reachable.ExitCode != 0)
        {
            data = Path.Combine(folder.OutsideTheCheckout, "postgresql");
        }

        if (!Directory.Exists(data))
        {
            Directory.CreateDirectory(data);
            File.SetUnixFileMode(data, (UnixFileMode)0b111_000_000);
            await RunOrThrow(new Command("chown", $"{user}:", data), cancellationToken);
        }
        return data;
    }

    private static async Task RunOrThrow(Command command, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await Executables.Run(command, cancellationToken);
        if (exitCode != 0)
        {
            throw new CannotStartException($"{command.Program} {string.Join(' ', command.Arguments)} failed: {output}");
        }
    }
}
