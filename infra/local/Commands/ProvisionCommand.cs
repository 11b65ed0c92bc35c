using System.CommandLine;
using ShopSaga.Local.Provisioning;

namespace ShopSaga.Local.Commands;

/// <summary>Databases, roles, broker users and policy on servers that are run elsewhere.</summary>
internal static class ProvisionCommand
{
    public static Command Describe()
    {
        var folder = new Argument<string>("folder") { Description = "Holds the files that the command secrets made for this." };
        var command = new Command("provision", "Make databases, roles, broker users and policy on running servers.") { folder };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await new Provisioner(arguments.GetValue(folder)!, Console.WriteLine).Run(cancellationToken);
            return 0;
        });
        return command;
    }
}
