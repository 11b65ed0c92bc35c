using Microsoft.Extensions.Configuration;
using Npgsql;

namespace ShopSaga.Hosting.Database;

/// <summary>
/// The role that creates tables, of <c>ConnectionStrings:Schema</c>; without that setting, the role of <c>ConnectionStrings:Database</c>.
/// </summary>
internal static class SchemaRole
{
    /// <summary>Its connections are not pooled: they are used at the start only.</summary>
    public static string ConnectionString(IConfiguration configuration) =>
        configuration["ConnectionStrings:Schema"] is { Length: > 0 } schema
            ? new NpgsqlConnectionStringBuilder(schema) { Pooling = false }.ConnectionString
            : configuration.Required("ConnectionStrings:Database");
}
