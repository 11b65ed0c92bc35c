using System.Collections.Concurrent;

namespace ShopSaga.Local.Processes;

/// <summary>
/// Starts processes from one thread that never ends. Linux sends the parent-death signal when the <em>thread</em> that started the child
/// ends (prctl(2), PR_SET_PDEATHSIG), and a pool thread may retire at any time.
/// </summary>
internal static class Spawner
{
    private static readonly BlockingCollection<Action> Starts = [];

    static Spawner() => new Thread(Work) { IsBackground = true, Name = "Spawner" }.Start();

    public static Task<T> Run<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private static void Work()
    {
        foreach (var start in Starts.GetConsumingEnumerable())
        {
            start();
        }
    }
}
