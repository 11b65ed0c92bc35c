using System.Data.Common;

namespace ShopSaga.Bus;

/// <summary>Outbox and sagas in tables of the endpoint's own database.</summary>
public class SqlPersistence
{
    private SqlPersistence()
    {
    }
}

/// <summary>The dialect of the database.</summary>
public abstract class SqlDialect
{
    /// <summary>The only dialect.</summary>
    public class PostgreSql : SqlDialect;
}

/// <summary>Nothing needs to be set; for code that is written for NServiceBus.</summary>
/// <typeparam name="T">The dialect.</typeparam>
public sealed class SqlDialectSettings<T>
    where T : SqlDialect
{
    /// <summary>Not needed by this runtime, which knows that it speaks to PostgreSQL.</summary>
    public void JsonBParameterModifier(Action<DbParameter> modifier)
    {
    }
}

/// <summary>Where the database is.</summary>
/// <typeparam name="T"><see cref="SqlPersistence"/>.</typeparam>
public sealed class PersistenceExtensions<T>
{
    internal Func<DbConnection>? NewConnection { get; private set; }

    /// <summary>Sets the factory of new, unopened connections; mandatory.</summary>
    public void ConnectionBuilder(Func<DbConnection> connectionBuilder) => NewConnection = connectionBuilder;

    /// <summary>Sets the dialect; PostgreSQL is the only one.</summary>
    public SqlDialectSettings<SqlDialect.PostgreSql> SqlDialect<TDialect>()
        where TDialect : SqlDialect.PostgreSql => new();

    /// <summary>Registers <see cref="ITransactionalSession"/>.</summary>
    public void EnableTransactionalSession()
    {
    }
}
