using Spectre.Console;

namespace ShopSaga.Local;

/// <summary>What runs where, on one page.</summary>
internal static class StackTable
{
    public static Table Of(Stack stack)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("name", "address", "database", "pid")
            .Caption(new TableTitle($"logs: {Path.GetRelativePath(DataFolder.Checkout, stack.DataPath)}/logs/<name>.log", Style.Plain));
        foreach (var part in stack.Parts)
        {
            var instance = Topology.Instances(Topology.MostInstances).SingleOrDefault(instance => instance.Name == part.Name);
            var address = instance is not null ? stack.Ports.AddressOf(instance).ToString().TrimEnd('/') : ServerAddress(part.Name, stack.Ports);
            table.AddRow(
                part.Name,
                address,
                instance?.Service.Database is { } database ? $"{database.Name} ({database.Role})" : "",
                $"{part.Pid}");
        }
        return table;
    }

    private static string ServerAddress(string name, Ports ports) => $"127.0.0.1:{name switch
    {
        Stack.PostgreSql => ports.PostgreSql,
        Stack.RabbitMq => ports.RabbitMq,
        Stack.Epmd => ports.Epmd,
        _ => ports.Redis,
    }}";
}
