using ShopSaga.Local.Processes;

namespace ShopSaga.Tests.Unit.Local;

public class When_a_process_is_awaited
{
    [Test]
    public async Task Should_fail_at_once_with_the_last_lines_of_the_log_when_the_process_ends()
    {
        var log = Path.GetTempFileName();
        var child = await Child.Start(new Command("sh", "-c", "echo no such table; exit 3"), log);
        await child.Exited;

        Assert.That(
            () => Readiness.WaitFor("Orders", child, log, _ => throw new IOException("connection refused"), CancellationToken.None),
            Throws.TypeOf<CannotStartException>().With.Message.Contains("Orders ended with exit code 3")
                .And.Message.Contains("no such table"));
        File.Delete(log);
    }

    [Test]
    public async Task Should_ask_until_it_is_answered()
    {
        var questions = 0;
        await Readiness.WaitFor("Orders", null, "", _ => ++questions < 3 ? throw new IOException(
            "connection refused") : Task.CompletedTask, CancellationToken.None);

        Assert.That(questions, Is.EqualTo(3));
    }
}
