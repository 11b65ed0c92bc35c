using ShopSaga.Local.Running;
using ShopSaga.Local.Servers;

namespace ShopSaga.Tests.Stack;

[NonParallelizable]
internal sealed class When_a_server_is_killed
{
    private LocalStack _stack = null!;

    [OneTimeSetUp]
    public async Task Start() => _stack = await LocalStack.StartAsync(new StackOptions(), CancellationToken.None);

    [OneTimeTearDown]
    public async Task Stop() => await _stack.DisposeAsync();

    [TestCase(LocalStack.PostgreSql)]
    [TestCase(LocalStack.RabbitMq)]
    [TestCase(LocalStack.Redis)]
    public async Task Should_answer_again_once_it_was_started(string server)
    {
        await _stack.Kill(server);
        Assert.That(() => Ask(server), Throws.Exception);

        await _stack.Start(server);
        await Ask(server);
    }

    [TestCase(LocalStack.PostgreSql)]
    [TestCase(LocalStack.RabbitMq)]
    public async Task Should_stop_in_good_order_as_well(string server)
    {
        await _stack.Stop(server);
        Assert.That(() => Ask(server), Throws.Exception);

        await _stack.Start(server);
        await Ask(server);
    }

    [Test]
    public async Task Should_still_have_what_was_committed()
    {
        await using (var before = Npgsql.NpgsqlDataSource.Create(_stack.AdminConnectionString))
        {
            await Execute(before, "create table kept (value int)");
            await Execute(before, "insert into kept values (42)");
        }
        await _stack.Kill(LocalStack.PostgreSql);
        await _stack.Start(LocalStack.PostgreSql);

        await using var after = Npgsql.NpgsqlDataSource.Create(_stack.AdminConnectionString);
        Assert.That(await Execute(after, "select value from kept"), Is.EqualTo(42));
    }

    [Test]
    public void Should_keep_a_service_out_of_the_database_of_another()
    {
        var orders = new Npgsql.NpgsqlConnectionStringBuilder(_stack.ConnectionString("Orders")) { Database = "paymentdb" };

        Assert.That(() => PostgreSql.Ping(orders.ConnectionString, CancellationToken.None),
            Throws.TypeOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo(Npgsql.PostgresErrorCodes.InsufficientPrivilege));
    }

    private Task Ask(string server) => server switch
    {
        LocalStack.PostgreSql => PostgreSql.Ping(_stack.AdminConnectionString, CancellationToken.None),
        LocalStack.RabbitMq => RabbitMq.Ping(_stack.BrokerAddress, CancellationToken.None),
        _ => Redis.Ping(_stack.RedisAddress, CancellationToken.None),
    };

    private static async Task<object?> Execute(Npgsql.NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
