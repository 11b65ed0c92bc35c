using System.Text.Json;

namespace ShopSaga.Local;

/// <summary>The addresses of a stack that is up, for a second command of the same checkout.</summary>
internal sealed record RunningStack(string PostgreSql, string RabbitMq)
{
    private const string FileName = "addresses.json";

    /// <summary>Leaves the addresses, which hold passwords, where only the same user can read them.</summary>
    public void Announce(DataFolder folder) => DataFolder.WritePrivately(folder.Of(FileName), JsonSerializer.Serialize(this));

    public static void Withdraw(DataFolder folder) => File.Delete(folder.Of(FileName));

    /// <summary>The stack at that base port, if a launcher keeps one up.</summary>
    public static RunningStack? At(int basePort)
    {
        var file = Path.Combine(DataFolder.PathOf(basePort), FileName);
        return DataFolder.IsInUse(basePort) && File.Exists(file) ? JsonSerializer.Deserialize<RunningStack>(File.ReadAllText(file)) : null;
    }
}
