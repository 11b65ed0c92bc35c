using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>Finds the servers' programs on this machine and, where possible, installs missing ones.</summary>
internal static class Binaries
{
    private static readonly ServerProgram PostgreSql = new("PostgreSQL", new Version(15, 0), "postgresql", "SHOPSAGA_POSTGRES",
        "postgres", ["/usr/lib/postgresql/*/bin"]);

    // Not /usr/sbin/rabbitmq-server: Debian's is a wrapper that changes the user and writes to the system's logs.
    private static readonly ServerProgram RabbitMq = new("RabbitMQ", new Version(3, 10), "rabbitmq-server", "SHOPSAGA_RABBITMQ",
        "rabbitmq-server", ["/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/*/sbin"]);

    private static readonly ServerProgram Redis = new("Redis", new Version(7, 0), "redis-server", "SHOPSAGA_REDIS",
        "redis-server", ["/usr/bin"]);

    /// <summary>
    /// Paths of the programs: null for a server whose address is given, <see cref="Containers.Program"/> for one that only a Docker
    /// engine can run.
    /// </summary>
    public static async Task<(string? PostgreSql, string? RabbitMq, string? Redis)> Find(
        ServerAddresses given, Action<string> progress, CancellationToken cancellationToken)
    {
        var servers = new List<ServerProgram>();
        if (given.PostgreSql is null)
        {
            servers.Add(PostgreSql);
        }

        if (given.RabbitMq is null)
        {
            servers.Add(RabbitMq);
        }

        if (given.Redis is null)
        {
            servers.Add(Redis);
        }

        var found = await Search(servers, cancellationToken);
        var missing = servers.Where(server => !found.ContainsKey(server)).ToList();
        if (missing.Count > 0 && DebianPackages.CanInstall)
        {
            await DebianPackages.Install([.. missing.Select(server => server.Package)], progress, cancellationToken);
            found = await Search(servers, cancellationToken);
            missing = [.. servers.Where(server => !found.ContainsKey(server))];
        }
        if (missing.Count > 0 && !await Containers.IsAvailable(cancellationToken))
        {
            throw new CannotStartException(InstallationAdvice(missing));
        }

        foreach (var server in missing)
        {
            found[server] = Containers.Program;
        }

        return (found.GetValueOrDefault(PostgreSql), found.GetValueOrDefault(RabbitMq), found.GetValueOrDefault(Redis));
    }

    private static string InstallationAdvice(List<ServerProgram> missing) =>
        $"{string.Join(" and ", missing.Select(server => $"{server.Name} {server.MinVersion} or newer"))} not found on this machine: "
        + $"install with \"apt-get install {string.Join(' ', missing.Select(server => server.Package))}\" (as root this happens by itself "
        + "on Debian 12), "
        + $"or start a Docker engine with compose, or set the address of a running server in "
        + $"{string.Join(" and ", missing.Select(server => server.Variable))}.";

    private static async Task<Dictionary<ServerProgram, string>> Search(List<ServerProgram> servers, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ServerProgram, string>();
        foreach (var server in servers)
        {
            foreach (var program in Candidates(server))
            {
                if (await VersionOf(server, program, cancellationToken) >= server.MinVersion)
                {
                    found[server] = program;
                    break;
                }
            }
        }

        return found;
    }

    private static IEnumerable<string> Candidates(ServerProgram server) =>
        server.Places.SelectMany(Expand)
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Where(folder => !folder.StartsWith("/usr/sbin", StringComparison.Ordinal))
            .Select(folder => Path.Combine(folder, server.Program))
            .Where(File.Exists)
            .Distinct();

    /// <summary>The folders that match a pattern with one *, newest version first.</summary>
    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return [pattern];
        }

        var above = pattern[..star];
        return Directory.Exists(above)
            ? Directory.GetDirectories(above).OrderByDescending(VersionInName).Select(folder => folder + pattern[(star + 1)..])
            : [];
    }

    private static Version? VersionInName(string folder) => Executables.ParseVersion(Path.GetFileName(folder) + ".0");

    private static async Task<Version?> VersionOf(ServerProgram server, string program, CancellationToken cancellationToken)
    {
        if (server != RabbitMq)
        {
            return await Executables.VersionOf(program, cancellationToken);
        }

        // rabbitmq-server --version would start an Erlang VM; the name of its folder has the version (rabbitmq_server-3.10.8).
        var real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        return Executables.ParseVersion(real) ?? RabbitMq.MinVersion;
    }

    private sealed record ServerProgram(string Name, Version MinVersion, string Package, string Variable, string Program, string[] Places);
}
