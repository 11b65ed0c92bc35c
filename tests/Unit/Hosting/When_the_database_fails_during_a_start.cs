using System.Net.Sockets;
using Npgsql;
using ShopSaga.Hosting.Database;
using BusDatabase = ShopSaga.Bus.Database;

namespace ShopSaga.Tests.Unit.Hosting;

/// <summary>The bus creates its tables and hosting runs the schema scripts, in one start: both wait for the same.</summary>
internal sealed class When_the_database_fails_during_a_start
{
    [TestCaseSource(nameof(Temporary))]
    public void Should_be_waited_for_by_hosting_and_by_the_bus(Exception failure) =>
        Assert.That((DatabaseAtStart.IsTemporary(failure), BusDatabase.IsTemporary(failure)), Is.EqualTo((true, true)));

    [TestCaseSource(nameof(Lasting))]
    public void Should_end_the_start_where_waiting_does_not_help(Exception failure) =>
        Assert.That((DatabaseAtStart.IsTemporary(failure), BusDatabase.IsTemporary(failure)), Is.EqualTo((false, false)));

    private static IEnumerable<TestCaseData> Temporary()
    {
        yield return Case("another instance has its turn for long", Postgres(PostgresErrorCodes.LockNotAvailable));
        yield return Case("statement timeout", Postgres(PostgresErrorCodes.QueryCanceled));
        yield return Case("command timeout", new NpgsqlException("", new TimeoutException()));
        yield return Case("no connection", new NpgsqlException("", new SocketException()));
        yield return Case("pool says starting", new NpgsqlException("", Postgres(PostgresErrorCodes.CannotConnectNow)));
        yield return Case("starting", Postgres(PostgresErrorCodes.CannotConnectNow));
        yield return Case("shutdown", Postgres(PostgresErrorCodes.AdminShutdown));
        yield return Case("crash", Postgres(PostgresErrorCodes.CrashShutdown));
        yield return Case("read only", Postgres(PostgresErrorCodes.ReadOnlySqlTransaction));
        yield return Case("disk full", Postgres(PostgresErrorCodes.DiskFull));
        yield return Case("out of memory", Postgres(PostgresErrorCodes.OutOfMemory));
        yield return Case("IO error", Postgres(PostgresErrorCodes.IoError));
        yield return Case("too many connections", Postgres(PostgresErrorCodes.TooManyConnections));
        yield return Case("connection failure", Postgres(PostgresErrorCodes.ConnectionFailure));
        yield return Case("deadlock", Postgres(PostgresErrorCodes.DeadlockDetected));
        yield return Case("idle in transaction", Postgres("25P03"));
        yield return Case("unexpected answer", OfNoTypeOfItsOwn(nameof(Npgsql)));
    }

    private static IEnumerable<TestCaseData> Lasting()
    {
        yield return Case("wrong password", Postgres(PostgresErrorCodes.InvalidPassword));
        yield return Case("pool says wrong password", new NpgsqlException("", Postgres(PostgresErrorCodes.InvalidPassword)));
        yield return Case("no such database", Postgres(PostgresErrorCodes.InvalidCatalogName));
        yield return Case("no permission", Postgres(PostgresErrorCodes.InsufficientPrivilege));
        yield return Case("syntax error", Postgres(PostgresErrorCodes.SyntaxError));
        yield return Case("edited script", new InvalidOperationException("Schema script 001 was edited."));
        yield return Case("fault of another library", OfNoTypeOfItsOwn("Other"));
    }

    private static TestCaseData Case(string name, Exception failure) => new TestCaseData(failure).SetArgDisplayNames(name);

    private static Exception OfNoTypeOfItsOwn(string source)
    {
        var failure = Activator.CreateInstance<Exception>();
        failure.Source = source;
        return failure;
    }

    private static PostgresException Postgres(string state) => new("", "ERROR", "ERROR", state);
}
