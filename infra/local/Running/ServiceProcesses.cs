using System.Runtime.InteropServices;
using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Running;

/// <summary>Describes the services as processes: the Release build output, with the configuration in the environment.</summary>
internal static class ServiceProcesses
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    // The dotnet host that runs this program is three folders above its shared runtime.
    public static readonly string Dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));

    /// <summary>Whether the services were built on NServiceBus, which declares everything that it uses at the broker.</summary>
    public static bool UseNServiceBus =>
        File.Exists(Path.Combine(BuildOutput(DataFolder.Checkout, "ShopSaga.Orders"), "NServiceBus.Core.dll"));

    public static StackProcess Prepare(Instance instance, LocalStack stack, StackOptions options, DataFolder folder)
    {
        var service = instance.Service;
        var program = Path.Combine(BuildOutput(options.Build, service.Assembly), service.Assembly + ".dll");
        if (!File.Exists(program))
        {
            throw new CannotStartException($"{service.Name} is not built ({program}): run dotnet build -c Release.");
        }

        var command = new Command(Dotnet, program)
        {
            Folder = Path.GetDirectoryName(program),
            Environment = Settings(instance, stack, options, folder),
        };
        var address = stack.Ports.AddressOf(instance);
        return new StackProcess(instance.Name, command, token => Ping(address, token), folder);
    }

    private static async Task Ping(Uri address, CancellationToken cancellationToken)
    {
        using var answer = await Http.GetAsync(new Uri(address, "/health/ready"), cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"/health/ready says {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    private static Dictionary<string, string> Settings(Instance instance, LocalStack stack, StackOptions options, DataFolder folder)
    {
        var service = instance.Service;
        var settings = new Dictionary<string, string>
        {
            // Any environment but Production: there, services refuse the secrets of a development machine.
            ["ASPNETCORE_ENVIRONMENT"] = "Local",
            ["ASPNETCORE_URLS"] = Text(stack.Ports.AddressOf(instance)),
            ["Auth__Issuer"] = Text(stack.GatewayAddress),
            ["Auth__Audience"] = "shopsaga",
            ["Auth__JwksAddress"] = AddressesOf(Topology.Find("Users"), "/.well-known/jwks.json"),

            // Many small processes on few processors: workstation garbage collection without a background thread, no profile-guided
            // optimisation.
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_TieredPGO"] = "0",
        };
        if (stack.TraceReceiver is { } receiver)
        {
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = Text(receiver);
        }

        if (service.Database is not null)
        {
            settings["ConnectionStrings__Database"] = stack.ConnectionString(service.Name);
            settings["ConnectionStrings__Schema"] = stack.SchemaConnectionString(service.Name);
        }
        if (service.IsOnTheBus)
        {
            settings["Messaging__InstanceName"] = instance.EndpointInstance;
        }

        if (service.HasBrokerUser)
        {
            settings["ConnectionStrings__Broker"] = stack.BrokerAddressOf(service.Name);
        }

        if (service.UsesRedis)
        {
            settings["ConnectionStrings__Redis"] = stack.RedisAddress;
        }

        foreach (var (key, value) in ServiceSecrets.Of(service, folder.Secret))
        {
            settings[key] = value;
        }

        switch (service.Name)
        {
            case "Users":
                settings["Admin__Email"] = options.AdminEmail;
                settings["Admin__Password"] = options.AdminPassword;
                break;
            case "psp":
                settings["Webhooks__Address"] = Text(stack.GatewayAddress) + "/webhooks/psp";
                break;
            case "Payments":
                settings["Provider__Address"] = Text(stack.Ports.AddressOf(Topology.Find("psp")));
                break;
            case "Settlement":
                settings["Provider__Address"] = Text(stack.Ports.AddressOf(Topology.Find("psp")));
                settings["Payments__Address"] = Text(stack.Ports.AddressOf(Topology.Find("Payments")));
                break;
            case "Web":
                settings["Gateway__Address"] = Text(stack.GatewayAddress);
                settings["Laboratory__Address"] = Text(LaboratoryControl.AddressOf(stack));
                settings["Laboratory__Key"] = stack.LaboratoryKey;
                settings["Laboratory__AdminEmail"] = options.AdminEmail;
                settings["Laboratory__AdminPassword"] = options.AdminPassword;
                break;
            case "Operations":
                foreach (var other in Topology.Services)
                {
                    settings["Services__" + other.Name] = AddressesOf(other, "");
                }

                settings["Broker__Management"] = stack.BrokerManagementAddress is { } management ? WithoutUser(management) : "";
                break;
            case "gateway":
                foreach (var behind in Topology.Services.Where(other => other.Name is not ("gateway" or "psp")))
                {
                    settings["Services__" + behind.Name] = AddressesOf(behind, "");
                }

                if (options.RelaxedRateLimits)
                {
                    foreach (var limit in new[] { "User", "Address", "Account", "Passwords" })
                    {
                        settings["RateLimits__" + limit] = "1000000/s";
                    }
                }

                break;
        }
        return settings;

        string AddressesOf(Service other, string path) =>
            string.Join(',', options.ProcessesOf(other).Select(each => Text(stack.Ports.AddressOf(each)) + path));
    }

    private static string BuildOutput(string checkout, string assembly) => Path.Combine(checkout, ".artifacts", "bin", assembly, "release");

    private static string WithoutUser(string address) => Text(new UriBuilder(address) { UserName = "", Password = "" }.Uri);

    private static string Text(Uri address) => address.ToString().TrimEnd('/');
}
