using System.CommandLine;
using ShopSaga.Local;
using ShopSaga.Local.Commands;

var root = new RootCommand("ShopSaga on one machine: PostgreSQL, RabbitMQ, Redis and the services, private to this checkout.")
{
    RunCommand.Describe(),
    ExecCommand.Describe(),
    DemoCommand.Describe(),
    VerifyCommand.Describe(),
    RebuildPricesCommand.Describe(),
    ReplayCommand.Describe(),
};

using var stop = new StopSignals();
try
{
    // We stop things in order ourselves, however long that takes.
    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await root.Parse(args).InvokeAsync(invocation, stop.Token);
}
catch (CannotStartException cannot)
{
    await Console.Error.WriteLineAsync(cannot.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return stop.ExitCode;
}
