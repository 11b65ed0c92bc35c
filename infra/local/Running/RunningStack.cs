using System.Text.Json;
using ShopSaga.Local.Data;
using ShopSaga.Local.Processes;

namespace ShopSaga.Local.Running;

/// <summary>The addresses of a running stack, for other commands of the same checkout.</summary>
internal sealed record RunningStack(string PostgreSql, string RabbitMq, string? RabbitMqManagement)
{
    private const string FileName = "addresses.json";

    /// <summary>For people, as <c>psql</c> takes it; a path names the database.</summary>
    public string? PostgreSqlUri { get; init; }

    /// <summary>Writes the addresses, which contain passwords, to a file that only the same user can read.</summary>
    public void Announce(DataFolder folder) => DataFolder.WritePrivately(folder.Of(FileName), JsonSerializer.Serialize(this));

    /// <summary>Deletes the file.</summary>
    public static void Withdraw(DataFolder folder) => File.Delete(folder.Of(FileName));

    /// <summary>The stack at this base port, if a launcher is running it; null where it has stopped, and its data are left.</summary>
    /// <exception cref="CannotStartException">No stack has run there, so there is nothing to check, to return or to rebuild.</exception>
    public static RunningStack? At(int basePort)
    {
        if (!DataFolder.HasData(basePort))
        {
            throw new CannotStartException($"No shop has run at base port {basePort} in this checkout. "
                + (DataFolder.BasePortsWithData() is { Count: > 0 } others
                    ? $"There is one at {string.Join(" and one at ", others)}: give --base-port=N."
                    : "Start one: --target=Run."));
        }

        var file = Path.Combine(DataFolder.PathFor(basePort), FileName);
        return DataFolder.IsInUse(basePort) && File.Exists(file) ? JsonSerializer.Deserialize<RunningStack>(File.ReadAllText(file)) : null;
    }
}
