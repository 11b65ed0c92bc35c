using System.CommandLine;
using ShopSaga.Local.Commands;

var root = new RootCommand("ShopSaga on one machine: PostgreSQL, RabbitMQ, Redis and the services, private to this checkout.")
{
    RunCommand.Describe(),
    ExecCommand.Describe(),
    DemoCommand.Describe(),
    VerifyCommand.Describe(),
    RebuildPricesCommand.Describe(),
    RebuildLedgerCommand.Describe(),
    ReplayCommand.Describe(),
    SecretsCommand.Describe(),
    ProvisionCommand.Describe(),
};
return await root.RunUntilStopped(args);
