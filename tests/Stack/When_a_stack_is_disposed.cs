using ShopSaga.Local;
using ShopSaga.Local.Processes;

namespace ShopSaga.Tests.Stack;

[NonParallelizable]
internal sealed class When_a_stack_is_disposed
{
    [Test]
    public async Task Should_leave_no_process_and_no_data_behind()
    {
        var stack = await Local.Stack.StartAsync(new StackOptions(), CancellationToken.None);
        var pids = stack.Parts.Select(part => part.Pid!.Value).ToList();
        pids.AddRange(pids.ToList().SelectMany(pid => Unix.DescendantsOf(pid)));

        await stack.DisposeAsync();

        Assert.That(pids, Has.Count.GreaterThan(4));
        Assert.That(pids.Where(pid => Unix.IdentityOf(pid) is not null), Is.Empty);
        Assert.That(Directory.Exists(stack.DataPath), Is.False);
    }
}
