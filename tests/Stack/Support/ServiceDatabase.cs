using Dapper;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>The database of a service, as the administrator sees it.</summary>
internal static class ServiceDatabase
{
    /// <summary>What PostgreSQL says when it refuses.</summary>
    public const string Refusal = "nothing is recorded just now";

    public static async Task Execute(string service, string sql, object? parameters = null)
    {
        await using var connection = await BookKeeping.Open(RunningSystem.Stack.AdminConnectionString, service, CancellationToken.None);
        await connection.ExecuteAsync(sql, parameters);
    }

    public static async Task<T> Query<T>(string service, string sql, object? parameters = null)
    {
        await using var connection = await BookKeeping.Open(RunningSystem.Stack.AdminConnectionString, service, CancellationToken.None);
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    /// <summary>From now on no transaction can commit in which Orders writes down that this happened to an order of that user, until this is disposed.</summary>
    public static async Task<IAsyncDisposable> RefusingToRecord(string happening, long user)
    {
        var name = $"refuse_{happening}_{user}".ToLowerInvariant();
        await Execute(
            "Orders",
            $"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM orders WHERE id = new.order_id AND user_id = {user}) THEN RAISE EXCEPTION '{Refusal}'; END IF;
                RETURN new;
            END $$;
            CREATE TRIGGER {name} BEFORE INSERT ON order_events FOR EACH ROW WHEN (new.name = '{happening}') EXECUTE FUNCTION {name}();
            """);
        return new Refused(name);
    }

    private sealed class Refused(string name) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Execute("Orders", $"DROP TRIGGER {name} ON order_events; DROP FUNCTION {name}");
    }
}
