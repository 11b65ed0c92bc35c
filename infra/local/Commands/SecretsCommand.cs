using System.CommandLine;
using System.Text.Json;
using ShopSaga.Local.Provisioning;

namespace ShopSaga.Local.Commands;

/// <summary>Secrets for containers: as files in a folder for each program, or as Kubernetes Secrets on standard output.</summary>
internal static class SecretsCommand
{
    public static Command Describe()
    {
        var folder = new Option<string?>("--folder") { Description = "Write files below this folder; secrets that it holds are kept." };
        var kubernetes = new Option<string?>("--kubernetes") { Description = "Print Secrets; their names begin with this and a hyphen." };
        var postgreSql = Server("--postgresql", "Host, or host:port.", "postgresql");
        var rabbitMq = Server("--rabbitmq", "Host, or host:port.", "rabbitmq");
        var management = Server("--rabbitmq-management", "Host:port.", "rabbitmq:15672");
        var command = new Command("secrets", "Make the secrets of a deployment in containers.")
        {
            folder, kubernetes, postgreSql, rabbitMq, management,
        };
        command.SetAction(arguments =>
        {
            var servers = new DeployedServers(
                arguments.GetValue(postgreSql)!, arguments.GetValue(rabbitMq)!, arguments.GetValue(management)!);
            if (arguments.GetValue(folder) is { } path)
            {
                Write(servers, path);
            }
            else
            {
                Print(servers, arguments.GetValue(kubernetes) ?? "shopsaga");
            }
        });
        return command;
    }

    private static Option<string> Server(string name, string description, string ifNotGiven) =>
        new(name) { Description = description, DefaultValueFactory = _ => ifNotGiven };

    private static void Write(DeployedServers servers, string folder)
    {
        var kept = Path.Combine(folder, DeploymentSecrets.Provision, DeploymentSecrets.Passwords);
        var passwords = File.Exists(kept) ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(kept))! : [];
        if (Environment.GetEnvironmentVariable("SHOPSAGA_SERVICECONTROL_PASSWORD") is { Length: > 0 } serviceControl)
        {
            passwords[DeploymentSecrets.ServiceControl] = serviceControl;
        }

        foreach (var (program, files) in DeploymentSecrets.Make(servers, passwords))
        {
            var its = Directory.CreateDirectory(Path.Combine(folder, program)).FullName;
            foreach (var (file, text) in files)
            {
                File.WriteAllText(Path.Combine(its, file), text);
            }
        }
    }

    /// <summary>JSON is YAML, and needs no quoting of our own.</summary>
    private static void Print(DeployedServers servers, string prefix)
    {
        foreach (var (program, files) in DeploymentSecrets.Make(servers, []))
        {
            Console.WriteLine("---");
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                apiVersion = "v1",
                kind = "Secret",
                metadata = new { name = $"{prefix}-{program}" },
                type = "Opaque",
                stringData = files,
            }));
        }
    }
}
