using System.Collections.Concurrent;
using System.Runtime.Versioning;
using ShopSaga.Local.Data;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;

namespace ShopSaga.Tests.Unit.Local;

[NonParallelizable]
[UnsupportedOSPlatform("windows")]
internal sealed class When_a_supervised_process_ends
{
    // No stack can have this base port.
    private const int Port = 2;
    private readonly ConcurrentQueue<string> _reports = [];
    private DataFolder _folder = null!;

    [SetUp]
    public async Task Open()
    {
        _reports.Clear();
        _folder = await DataFolder.Open(Port, fresh: true, temporary: false);
    }

    [TearDown]
    public void Remove()
    {
        _folder.Remove();
        _folder.Dispose();
    }

    [Test]
    public async Task Should_say_why_and_restart_it_and_give_up_when_it_ends_too_often()
    {
        var process = Process("echo no such table; exit 3");
        await process.Start(CancellationToken.None);

        var failed = await new Supervisor([process], _reports.Enqueue).Run(CancellationToken.None);

        Assert.That(failed, Is.EqualTo("Orders"));
        Assert.That(
            _reports.Count(report => report.StartsWith("Orders has ended with exit code 3.", StringComparison.Ordinal)),
            Is.EqualTo(Supervisor.MaxRestarts + 1));
        Assert.That(_reports.First(), Does.Contain("no such table"));
        Assert.That(
            _reports.Count(report => report.StartsWith("Orders is restarted", StringComparison.Ordinal)),
            Is.EqualTo(Supervisor.MaxRestarts));
        Assert.That(_reports.Last(), Does.Contain("is not restarted any more"));
    }

    [Test]
    public async Task Should_restart_it_after_a_kill_and_leave_the_others_running()
    {
        var (killed, other) = (Process("exec sleep 1000"), Process("exec sleep 1000", "Payments"));
        await killed.Start(CancellationToken.None);
        await other.Start(CancellationToken.None);
        var (killedPid, otherPid) = (killed.Pid, other.Pid);
        using var stop = new CancellationTokenSource();
        var ready = new TaskCompletionSource();
        var supervision = new Supervisor([killed, other], report =>
        {
            _reports.Enqueue(report);
            if (report == "Orders is ready again.")
            {
                ready.TrySetResult();
            }
        }).Run(stop.Token);

        Unix.Send(killedPid!.Value, Signal.Kill);
        await ready.Task;
        await stop.CancelAsync();
        var failed = await supervision;
        var (restartedPid, untouchedPid) = (killed.Pid, other.Pid);
        await killed.Kill();
        await other.Kill();

        Assert.That(failed, Is.Null);
        Assert.That(restartedPid, Is.Not.Null.And.Not.EqualTo(killedPid));
        Assert.That(untouchedPid, Is.EqualTo(otherPid));
        Assert.That(_reports.First(), Does.StartWith("Orders has ended with exit code 137."));
    }

    [Test]
    public async Task Should_leave_it_alone_while_it_is_away_on_purpose()
    {
        var process = Process("exec sleep 1000");
        await process.Start(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var supervision = new Supervisor([process], _reports.Enqueue).Run(stop.Token);

        for (var absence = 0; absence <= Supervisor.MaxRestarts; absence++)
        {
            await process.TakeAway(TimeSpan.Zero, CancellationToken.None);
        }

        var pid = process.Pid;
        await stop.CancelAsync();
        var failed = await supervision;
        await process.Kill();
        Assert.That(failed, Is.Null);
        Assert.That(pid, Is.Not.Null);
        Assert.That(_reports, Is.Empty);
    }

    [Test]
    public async Task Should_count_a_start_that_fails()
    {
        var probes = 0;
        var process = Process("echo port is taken; exit 4", probe: () => probes++ == 0);
        await process.Start(CancellationToken.None);

        var failed = await new Supervisor([process], _reports.Enqueue).Run(CancellationToken.None);

        Assert.That(failed, Is.EqualTo("Orders"));
        Assert.That(
            _reports.Count(report => report.StartsWith("Orders has ended with exit code", StringComparison.Ordinal)),
            Is.EqualTo(Supervisor.MaxRestarts + 1));
        Assert.That(_reports, Has.Some.Contains("port is taken"));
    }

    private StackProcess Process(string script, string name = "Orders", Func<bool>? probe = null) => new(
        name,
        new Command("sh", "-c", script),
        _ => probe is null || probe() ? Task.CompletedTask : throw new IOException("connection refused"),
        _folder);
}
