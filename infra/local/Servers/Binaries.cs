using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Servers;

/// <summary>Finds the servers' programs on this machine, and installs what is missing where that is possible.</summary>
internal static class Binaries
{
    private static readonly Wanted PostgreSql = new("PostgreSQL", new Version(15, 0), "postgresql", "SHOPSAGA_POSTGRES",
        "postgres", ["/usr/lib/postgresql/*/bin"]);

    // Not /usr/sbin/rabbitmq-server if it can be helped: Debian's is a wrapper that changes the user and writes to the system's logs.
    private static readonly Wanted RabbitMq = new("RabbitMQ", new Version(3, 10), "rabbitmq-server", "SHOPSAGA_RABBITMQ",
        "rabbitmq-server", ["/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/*/sbin"]);

    private static readonly Wanted Redis = new("Redis", new Version(7, 0), "redis-server", "SHOPSAGA_REDIS",
        "redis-server", ["/usr/bin"]);

    /// <summary>
    /// Paths of the programs; null for a server that is not needed because its address was given, <see cref="Containers.Program"/> for one
    /// that only a Docker engine can run.
    /// </summary>
    public static async Task<(string? PostgreSql, string? RabbitMq, string? Redis)> Find(
        ServerAddresses given, Action<string> progress, CancellationToken cancellationToken)
    {
        var wanted = new List<Wanted>();
        if (given.PostgreSql is null)
        {
            wanted.Add(PostgreSql);
        }

        if (given.RabbitMq is null)
        {
            wanted.Add(RabbitMq);
        }

        if (given.Redis is null)
        {
            wanted.Add(Redis);
        }

        var found = await Search(wanted, cancellationToken);
        var missing = wanted.Where(server => !found.ContainsKey(server)).ToList();
        if (missing.Count > 0 && DebianPackages.Possible)
        {
            await DebianPackages.Install([.. missing.Select(server => server.Package)], progress, cancellationToken);
            found = await Search(wanted, cancellationToken);
            missing = [.. wanted.Where(server => !found.ContainsKey(server))];
        }
        if (missing.Count > 0 && !await Containers.Possible(cancellationToken))
        {
            throw new CannotStartException(HowToGet(missing));
        }

        foreach (var server in missing)
        {
            found[server] = Containers.Program;
        }

        return (found.GetValueOrDefault(PostgreSql), found.GetValueOrDefault(RabbitMq), found.GetValueOrDefault(Redis));
    }

    private static string HowToGet(List<Wanted> missing) =>
        $"{string.Join(" and ", missing.Select(server => $"{server.Name} {server.Least} or newer"))} not found on this machine: "
        + $"install with \"apt-get install {string.Join(' ', missing.Select(server => server.Package))}\" (as root this happens by itself on Debian 12), "
        + $"or start a Docker engine with compose, or give the address of a running server in {string.Join(" and ", missing.Select(server => server.Variable))}.";

    private static async Task<Dictionary<Wanted, string>> Search(List<Wanted> wanted, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Wanted, string>();
        foreach (var server in wanted)
        {
            foreach (var program in Candidates(server))
            {
                if (await VersionOf(server, program, cancellationToken) >= server.Least)
                {
                    found[server] = program;
                    break;
                }
            }
        }

        return found;
    }

    private static IEnumerable<string> Candidates(Wanted server) =>
        server.Places.SelectMany(Expand)
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            .Where(folder => !folder.StartsWith("/usr/sbin", StringComparison.Ordinal))
            .Select(folder => Path.Combine(folder, server.Program))
            .Where(File.Exists)
            .Distinct();

    /// <summary>Folders that a pattern with one * stands for, the newest version first.</summary>
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

    private static async Task<Version?> VersionOf(Wanted server, string program, CancellationToken cancellationToken)
    {
        if (server != RabbitMq)
        {
            return await Executables.VersionOf(program, cancellationToken);
        }

        // Asking RabbitMQ would start an Erlang machine; the folder it lives in is called rabbitmq_server-3.10.8.
        var real = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        return Executables.ParseVersion(real) ?? RabbitMq.Least;
    }

    private sealed record Wanted(string Name, Version Least, string Package, string Variable, string Program, string[] Places);
}
