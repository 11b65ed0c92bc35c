using System.Runtime.Versioning;
using ShopSaga.Local.Data;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;

namespace ShopSaga.Tests.Unit.Local;

[NonParallelizable]
[UnsupportedOSPlatform("windows")]
public class When_a_data_folder_is_opened
{
    // No stack can have this base port.
    private const int Port = 1;

    [Test]
    public async Task Should_keep_a_secret_until_a_fresh_start()
    {
        string first, second, afterFresh;
        using (var folder = await DataFolder.Open(Port, fresh: true, temporary: false))
        {
            first = folder.Secret("orders");
        }

        using (var folder = await DataFolder.Open(Port, fresh: false, temporary: false))
        {
            second = folder.Secret("orders");
        }

        using (var folder = await DataFolder.Open(Port, fresh: true, temporary: false))
        {
            afterFresh = folder.Secret("orders");
            folder.Remove();
        }

        Assert.That(second, Is.EqualTo(first));
        Assert.That(afterFresh, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Should_tell_commands_that_need_data_where_there_is_none()
    {
        using var folder = await DataFolder.Open(Port, fresh: true, temporary: false);
        try
        {
            Assert.That(
                () => RunningStack.At(Port),
                Throws.TypeOf<CannotStartException>().With.Message.StartsWith("No shop has run at base port 1 in this checkout."));

            folder.Secret("orders");

            Assert.That(RunningStack.At(Port), Is.Null);
            Assert.That(
                () => RunningStack.At(Port + 1),
                Throws.TypeOf<CannotStartException>().With.Message.Contains("There is one at 1").And.Message.Contains("--base-port=N"));
        }
        finally
        {
            folder.Remove();
        }
    }

    [Test]
    public async Task Should_make_the_secrets_readable_by_their_owner_only()
    {
        using var folder = await DataFolder.Open(Port, fresh: true, temporary: false);
        folder.Secret("orders");
        var mode = File.GetUnixFileMode(folder.Of("secrets.json"));
        folder.Remove();

        Assert.That(mode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task Should_refuse_a_second_launcher_on_the_same_data()
    {
        using var folder = await DataFolder.Open(Port, fresh: true, temporary: false);
        try
        {
            Assert.That(
                () => DataFolder.Open(Port, fresh: false, temporary: false),
                Throws.TypeOf<CannotStartException>().With.Message.Contains("Another launcher runs"));
        }
        finally
        {
            folder.Remove();
        }
    }

    [Test]
    public async Task Should_stop_processes_of_a_killed_launcher()
    {
        Child leftover;
        using (var killed = await DataFolder.Open(Port, fresh: true, temporary: false))
        {
            leftover = await Child.Start(new Command("sleep", "1000"), killed.LogOf("leftover"));
            killed.Record("leftover", leftover);
        }

        using var next = await DataFolder.Open(Port, fresh: false, temporary: false);
        next.Remove();

        Assert.That(leftover.HasExited);
    }

    [Test]
    public async Task Should_not_stop_a_process_with_a_reused_id()
    {
        using var folder = await DataFolder.Open(Port, fresh: true, temporary: false);
        var stranger = await Child.Start(new Command("sleep", "1000"), folder.LogOf("stranger"));

        await OrphanedProcess.Stop(stranger.Pid, identity: "started at another time");
        var wasLeftAlone = !stranger.HasExited;
        await stranger.Kill();
        folder.Remove();

        Assert.That(wasLeftAlone);
    }
}
