using ShopSaga.Local.Processes;
using ShopSaga.Local.Running;

namespace ShopSaga.Tests.Stack;

[NonParallelizable]
internal sealed class When_a_stack_is_disposed
{
    [Test]
    public async Task Should_leave_no_process_and_no_data_behind()
    {
        var stack = await LocalStack.StartAsync(new StackOptions(), CancellationToken.None);
        var pids = stack.Processes.Select(part => part.Pid!.Value).ToList();
        pids.AddRange(pids.ToList().SelectMany(pid => Unix.DescendantsOf(pid)));

        await stack.DisposeAsync();

        Assert.That(pids, Has.Count.GreaterThan(4));
        Assert.That(pids.Where(pid => Unix.IdentityOf(pid) is not null), Is.Empty);
        Assert.That(Directory.Exists(stack.DataPath), Is.False);
    }
}
