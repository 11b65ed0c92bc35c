using System.CommandLine;
using System.Globalization;

namespace ShopSaga.Local.Commands;

/// <summary>The options that every command has which starts a stack.</summary>
internal sealed class StackArguments
{
    private readonly Option<string?> _basePort = new("--base-port")
    {
        Description = "The gateway's port, from which all others derive (default: SHOPSAGA_BASE_PORT, or 8080); \"auto\" takes free ones and keeps no data.",
    };

    private readonly Option<bool> _fresh = new("--fresh") { Description = "Start with empty databases and queues." };

    private readonly Option<string> _rateLimits = new("--rate-limits")
    {
        Description = "\"relaxed\" for load and test clients; \"normal\" otherwise.",
        DefaultValueFactory = _ => "normal",
    };

    private readonly Option<int> _instances = new("--instances")
    {
        Description = $"So many instances of every service behind the gateway, at most {Topology.MostInstances}.",
        DefaultValueFactory = _ => 1,
    };

    public StackArguments(Command command)
    {
        _rateLimits.AcceptOnlyFromAmong("normal", "relaxed");
        command.Add(_basePort);
        command.Add(_fresh);
        command.Add(_rateLimits);
        command.Add(_instances);
    }

    public StackOptions Read(ParseResult arguments, bool withServices, Action<string> progress)
    {
        var options = new StackOptions
        {
            BasePort = Parse(arguments.GetValue(_basePort) ?? Variable("SHOPSAGA_BASE_PORT")),
            Fresh = arguments.GetValue(_fresh),
            WithServices = withServices,
            RelaxedRateLimits = arguments.GetValue(_rateLimits) == "relaxed",
            Instances = arguments.GetValue(_instances) is var number && number >= 1 && number <= Topology.MostInstances
                ? number
                : throw new CannotStartException($"--instances={number} is not possible: give a number from 1 to {Topology.MostInstances}."),
            Servers = ServerAddresses.FromEnvironment(),
            Progress = progress,
        };
        return options with
        {
            AdminEmail = Variable("SHOPSAGA_ADMIN_EMAIL") ?? options.AdminEmail,
            AdminPassword = Variable("SHOPSAGA_ADMIN_PASSWORD") ?? options.AdminPassword,
        };
    }

    public static int? Parse(string? text) => text switch
    {
        null => Topology.DefaultBasePort,
        "auto" => null,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1024 and <= 65_535 - Topology.PortsPerStack => port,
        _ => throw new CannotStartException($"\"{text}\" is no base port: give a number from 1024 to {65_535 - Topology.PortsPerStack}, or \"auto\"."),
    };

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
