using System.CommandLine;
using System.Globalization;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;
using Command = System.CommandLine.Command;

namespace ShopSaga.Local.Commands;

/// <summary>The options of every command that starts a stack.</summary>
internal sealed class StackArguments
{
    private readonly Option<string?> _basePort = new("--base-port")
    {
        Description = "The gateway's port, from which all others derive (default: SHOPSAGA_BASE_PORT, or 8080). \"auto\" takes free ports "
            + "and keeps no data.",
    };

    private readonly Option<bool> _fresh = new("--fresh") { Description = "Start with empty databases and queues." };

    private readonly Option<string> _rateLimits = new("--rate-limits")
    {
        Description = "\"relaxed\" for load and test clients.",
        DefaultValueFactory = _ => "normal",
    };

    private readonly Option<int> _instances = new("--instances")
    {
        Description = $"The number of instances of each endpoint and of the web application, at most {Topology.MaxInstances}.",
        DefaultValueFactory = _ => 1,
    };

    /// <param name="command">Gets the options.</param>
    /// <param name="recursive">Whether its subcommands get them, too.</param>
    public StackArguments(Command command, bool recursive = false)
    {
        _rateLimits.AcceptOnlyFromAmong("normal", "relaxed");
        _instances.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var number && (number < 1 || number > Topology.MaxInstances))
            {
                result.AddError($"--instances={number} is not possible: give a number from 1 to {Topology.MaxInstances}.");
            }
        });
        foreach (var option in (Option[])[_basePort, _fresh, _rateLimits, _instances])
        {
            option.Recursive = recursive;
            command.Add(option);
        }
    }

    public StackOptions Read(ParseResult arguments, bool withServices, Action<string> progress)
    {
        var options = new StackOptions
        {
            BasePort = ParseBasePort(arguments.GetValue(_basePort) ?? Variable("SHOPSAGA_BASE_PORT")),
            Fresh = arguments.GetValue(_fresh),
            WithServices = withServices,
            RelaxedRateLimits = arguments.GetValue(_rateLimits) == "relaxed",
            Instances = arguments.GetValue(_instances),
            Servers = ServerAddresses.FromEnvironment(),
            Progress = progress,
        };
        return options with
        {
            AdminEmail = Variable("SHOPSAGA_ADMIN_EMAIL") ?? options.AdminEmail,
            AdminPassword = Variable("SHOPSAGA_ADMIN_PASSWORD") ?? options.AdminPassword,
        };
    }

    /// <summary>Null stands for free ports.</summary>
    public static int? ParseBasePort(string? text) => text switch
    {
        null => Topology.DefaultBasePort,
        "auto" => null,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1024 and <= MaxBasePort =>
            port,
        _ => throw new CannotStartException($"\"{text}\" is not a base port: give a number from 1024 to {MaxBasePort}, or \"auto\"."),
    };

    private const int MaxBasePort = 65_535 - Topology.PortsPerStack;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
