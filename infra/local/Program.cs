using System.CommandLine;
using System.CommandLine.Invocation;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Processes;

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
    var arguments = root.Parse(args);
    if (arguments.Action is ParseErrorAction wrong)
    {
        wrong.ShowHelp = false;
    }

    // Everything is stopped in order, however long that takes.
    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await arguments.InvokeAsync(invocation, stop.Token);
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
