using ShopSaga.Local.Data;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Servers;
using Spectre.Console;

namespace ShopSaga.Local.Running;

/// <summary>A table of the processes, their addresses and databases.</summary>
internal static class StackTable
{
    public static Table Of(LocalStack stack)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("name", "address", "database", "pid")
            .Caption(new TableTitle($"logs: {Path.GetRelativePath(DataFolder.Checkout, stack.DataPath)}/logs/<name>.log", Style.Plain));
        foreach (var process in stack.Processes)
        {
            var instance = Topology.Instances(Topology.MaxInstances).SingleOrDefault(instance => instance.Name == process.Name);
            var address = instance is not null
                ? stack.Ports.AddressOf(instance).ToString().TrimEnd('/')
                : ServerAddress(process.Name, stack.Ports);
            table.AddRow(
                process.Name,
                address,
                instance?.Service.Database is { } database ? $"{database.Name} ({database.Role})" : "",
                $"{process.Pid}");
        }
        return table;
    }

    private static string ServerAddress(string name, Ports ports) => $"127.0.0.1:{name switch
    {
        Prometheus.Name => ports.Prometheus,
        Dashboard.Name => ports.Dashboard,
        LocalStack.PostgreSql => ports.PostgreSql,
        LocalStack.RabbitMq => ports.RabbitMq,
        LocalStack.Epmd => ports.Epmd,
        _ => ports.Redis,
    }}";
}
