using System.Data.Common;
using Dapper;
using ShopSaga.Hosting.Lanes;

namespace ShopSaga.Hosting.Database;

/// <summary>The transaction of the current message or request. Its writes commit together with the outgoing messages.</summary>
public readonly struct Sql
{
    private readonly DbConnection _connection;
    private readonly DbTransaction? _transaction;
    private readonly CancellationToken _cancellationToken;

    internal Sql(ISynchronizedStorageSession session, CancellationToken cancellationToken)
    {
        var sql = session.SqlPersistenceSession();
        _connection = sql.Connection;
        _transaction = sql.Transaction;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    public Task<int> Execute(string sql, object? parameters = null) => _connection.ExecuteAsync(Command(sql, parameters));

    /// <summary>Runs a query that returns exactly one row.</summary>
    /// <exception cref="InvalidOperationException">There was no row, or more than one.</exception>
    public Task<T> QuerySingle<T>(string sql, object? parameters = null) => _connection.QuerySingleAsync<T>(Command(sql, parameters));

    /// <summary>Runs a query that returns at most one row.</summary>
    /// <exception cref="InvalidOperationException">There was more than one row.</exception>
    public Task<T?> QuerySingleOrDefault<T>(string sql, object? parameters = null) =>
        _connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters));

    /// <summary>Runs a query that returns any number of rows.</summary>
    public async Task<IReadOnlyList<T>> Query<T>(string sql, object? parameters = null) =>
        [.. await _connection.QueryAsync<T>(Command(sql, parameters))];

    /// <summary>
    /// Runs several statements in one round trip. The first of them that returns rows returns at most one; the second returns any number.
    /// Each statement sees what those before it wrote, and what others committed while those waited for a lock.
    /// </summary>
    public async Task<(TFirst? First, IReadOnlyList<TSecond> Second)> QueryBoth<TFirst, TSecond>(string sql, object? parameters = null)
    {
        await using var results = await _connection.QueryMultipleAsync(Command(sql, parameters));
        return (await results.ReadSingleOrDefaultAsync<TFirst>(), [.. await results.ReadAsync<TSecond>()]);
    }

    private CommandDefinition Command(string sql, object? parameters) =>
        new(sql, parameters, _transaction, cancellationToken: _cancellationToken);
}

/// <summary>Access to the current transaction.</summary>
public static class SqlExtensions
{
    /// <summary>The transaction of the message being handled.</summary>
    public static Sql Sql(this IMessageHandlerContext context) => new(context.SynchronizedStorageSession, context.CancellationToken);

    /// <summary>The transaction of an open session.</summary>
    public static Sql Sql(this ITransactionalSession session, CancellationToken cancellationToken) =>
        new(session.SynchronizedStorageSession, cancellationToken);

    /// <summary>Opens the session on the service's database.</summary>
    public static Task Open(this ITransactionalSession session, CancellationToken cancellationToken) =>
        session.Open(Lane.NewSession(), cancellationToken);
}
