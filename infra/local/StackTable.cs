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
            var service = Topology.Services.SingleOrDefault(service => service.Name == part.Name);
            var address = service is not null ? stack.Ports.AddressOf(service).ToString().TrimEnd('/') : ServerAddress(part.Name, stack.Ports);
            table.AddRow(
                part.Name,
                address,
                service?.Database is { } database ? $"{database.Name} ({database.Role})" : "",
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
