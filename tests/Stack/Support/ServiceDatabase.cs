using Dapper;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Access to a service's database as the administrator.</summary>
internal static class ServiceDatabase
{
    /// <summary>The text of the error that PostgreSQL raises.</summary>
    public const string Refusal = "recording is switched off by the test";

    public static async Task Execute(string service, string sql, object? parameters = null)
    {
        await using var connection = await SystemState.Open(RunningSystem.Stack.AdminConnectionString, service, CancellationToken.None);
        await connection.ExecuteAsync(sql, parameters);
    }

    public static async Task<T> Query<T>(string service, string sql, object? parameters = null)
    {
        await using var connection = await SystemState.Open(RunningSystem.Stack.AdminConnectionString, service, CancellationToken.None);
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    /// <summary>Until disposed, no transaction can commit in which Orders records this event for an order of this user.</summary>
    public static async Task<IAsyncDisposable> FailRecordingOf(string name, long user)
    {
        var trigger = $"refuse_{name}_{user}".ToLowerInvariant();
        await Execute(
            "Orders",
            $"""
            CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM orders WHERE id = new.order_id AND user_id = {user}) THEN RAISE EXCEPTION '{Refusal}'; END IF;
                RETURN new;
            END $$;
            CREATE TRIGGER {trigger} BEFORE INSERT ON order_events FOR EACH ROW WHEN (new.name = '{name}') EXECUTE FUNCTION {trigger}();
            """);
        return new FailureTrigger(trigger);
    }

    private sealed class FailureTrigger(string name) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Execute("Orders", $"DROP TRIGGER {name} ON order_events; DROP FUNCTION {name}");
    }
}
