using System.Diagnostics;

namespace ShopSaga.Load.RawShop;

/// <summary>The raw shop in a process of its own, so that its processor time is not that of the load.</summary>
internal sealed class RawShopProcess : IAsyncDisposable
{
    /// <summary>Makes this program the raw shop.</summary>
    public const string Option = "--raw-shop";

    private readonly Process _process;

    private RawShopProcess(Process process, Uri door) => (_process, Door) = (process, door);

    public Uri Door { get; }

    /// <summary>Starts it on new databases.</summary>
    public static async Task<RawShopProcess> Start()
    {
        await RawDatabases.Create();
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(RawShopProcess).Assembly.Location, Option])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var door = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The raw shop did not start.");
        return new RawShopProcess(process, new Uri(door));
    }

    /// <summary>Runs a load; throws when the raw shop ends meanwhile.</summary>
    public async Task<T> While<T>(Task<T> load)
    {
        if (await Task.WhenAny(load, _process.WaitForExitAsync()) != load)
        {
            throw new InvalidOperationException($"The raw shop ended under load, with exit code {_process.ExitCode}.");
        }

        return await load;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await Servers.Delete("raw.shop", "raw.orders", "raw.products", "raw.payments", "raw.charges", "raw.settlement", "raw.users");
        foreach (var database in RawDatabases.All)
        {
            await Servers.DropDatabase(database);
        }
    }
}
