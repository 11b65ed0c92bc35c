using Dapper;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>SQL in the transaction of a message.</summary>
internal static class HandlerSql
{
    public static Task Execute(this IMessageHandlerContext context, string sql, object? parameters = null) =>
        context.SynchronizedStorageSession.Execute(sql, parameters);

    public static Task Execute(this ISynchronizedStorageSession session, string sql, object? parameters = null)
    {
        var sqlSession = session.SqlPersistenceSession();
        return sqlSession.Connection.ExecuteAsync(sql, parameters, sqlSession.Transaction);
    }
}
