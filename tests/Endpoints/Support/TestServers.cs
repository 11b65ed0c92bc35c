using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Support;

/// <summary>The real servers the tests run on, each test fixture in a database and a virtual host of its own.</summary>
internal static class TestServers
{
    public static string Redis => Address("SHOPSAGA_REDIS");

    /// <summary>Creates an empty database and gives its connection string.</summary>
    public static async Task<string> CreateDatabase(string name)
    {
        var address = Address("SHOPSAGA_POSTGRES");
        await using var admin = new NpgsqlConnection(address);
        await admin.ExecuteAsync($"CREATE DATABASE \"{name}\"");
        return new NpgsqlConnectionStringBuilder(address) { Database = name, MaxPoolSize = 30 }.ToString();
    }

    /// <summary>Creates a role and an empty database of the same name that it owns, and gives the role's connection string.</summary>
    public static async Task<string> CreateDatabaseOfRole(string name)
    {
        await using var admin = new NpgsqlConnection(Address("SHOPSAGA_POSTGRES"));
        await admin.ExecuteAsync($"CREATE ROLE \"{name}\" LOGIN PASSWORD '{name}'");
        await admin.ExecuteAsync($"CREATE DATABASE \"{name}\" OWNER \"{name}\"");
        return new NpgsqlConnectionStringBuilder(Address("SHOPSAGA_POSTGRES")) { Database = name, Username = name, Password = name }
            .ToString();
    }

    /// <summary>Drops a role that owns nothing any more.</summary>
    public static async Task DropRole(string name)
    {
        await using var admin = new NpgsqlConnection(Address("SHOPSAGA_POSTGRES"));
        await admin.ExecuteAsync($"DROP ROLE IF EXISTS \"{name}\"");
    }

    public static async Task DropDatabase(string name)
    {
        await using var admin = new NpgsqlConnection(Address("SHOPSAGA_POSTGRES"));
        await admin.ExecuteAsync($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    }

    /// <summary>Creates an empty virtual host on the broker and gives its address.</summary>
    public static async Task<string> CreateBroker(string name)
    {
        var broker = new UriBuilder(Address("SHOPSAGA_RABBITMQ"));
        using var management = Management();
        using var created = await management.PutAsJsonAsync($"api/vhosts/{name}", new { });
        created.EnsureSuccessStatusCode();
        var everything = new { configure = ".*", write = ".*", read = ".*" };
        using var permitted = await management.PutAsJsonAsync($"api/permissions/{name}/{broker.UserName}", everything);
        permitted.EnsureSuccessStatusCode();
        broker.Path = name;
        return broker.Uri.AbsoluteUri;
    }

    public static async Task DropBroker(string name)
    {
        using var management = Management();
        using var deleted = await management.DeleteAsync($"api/vhosts/{name}");
    }

    private static HttpClient Management()
    {
        var address = new Uri(Address("SHOPSAGA_RABBITMQ_MANAGEMENT"));
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)));
        return new HttpClient
        {
            BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority).Replace(address.UserInfo + "@", "", StringComparison.Ordinal)),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", credentials) },
        };
    }

    private static string Address(string variable) =>
        Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException(
            $"{variable} is not set. Run the tests with: dotnet .artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll exec --base-port "
                + "auto -- dotnet test …");
}
