using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using RabbitMQ.Client;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Verifying;
using ShopSaga.Tests.Stack.Support;
using StackExchange.Redis;

namespace ShopSaga.Tests.Stack;

/// <summary>Looks for a former customer everywhere: in each table of each database, in Redis, and in each queue.</summary>
public class When_an_account_is_closed
{
    private const string Email = "erased.customer@example.com";
    private const string Name = "Wilhelmina Erased";
    private const string Password = "a password to be erased";

    [Test]
    public async Task Should_leave_no_address_and_no_name_anywhere()
    {
        using var http = new HttpClient { BaseAddress = RunningSystem.Stack.GatewayAddress };
        using var registered = await http.PostAsJsonAsync("users", new { email = Email, password = Password, name = Name });
        registered.EnsureSuccessStatusCode();
        using var customer = await CustomerClient.LoggedIn(Email, Password);
        var tokens = await customer.Post("auth/login", new { email = Email, password = Password });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)tokens["accessToken"]!);
        var id = await customer.Id();
        var product = await TestOrder.ListProduct(stock: 5);
        var order = await TestOrder.Place(customer, product);
        await order.WaitForStatus("CONFIRMED");
        var cancelled = await TestOrder.Place(customer, product);
        await cancelled.Cancel();
        await cancelled.WaitForStatus("CANCELLED CUSTOMER");
        using var filled = await http.PutAsJsonAsync($"cart/items/{product}", new { quantity = 1 });
        filled.EnsureSuccessStatusCode();

        // Seen where it belongs, so the search finds what is there.
        await Eventually.Is(async () => (await Traces()) is ["userdb.users"], "only Users holds the address and the name");

        await Eventually.Is(async () => await Close(http) == HttpStatusCode.NoContent, "the account is closed, its orders being final");

        var found = Array.Empty<string>();
        await Eventually.Is(
            async () => (found = await Traces()).Length == 0
                && await ServiceDatabase.Query<long>("Orders", "SELECT count(*) FROM cart_items WHERE user_id = @id", new { id }) == 0,
            "nothing of the customer is left");
        Assert.That(found, Is.Empty);
        Assert.That(
            await ServiceDatabase.Query<long>("Orders", "SELECT count(*) FROM orders WHERE user_id = @id", new { id }), Is.EqualTo(2));
        await SystemInvariants.ShouldHold();
    }

    private static async Task<HttpStatusCode> Close(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "users/me");
        request.Content = JsonContent.Create(new { password = Password });
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string[]> Traces() => [.. await InDatabases(), .. await InRedis(), .. await InQueues()];

    private static bool IsTrace(string text) =>
        text.Contains(Email, StringComparison.OrdinalIgnoreCase) || text.Contains(Name, StringComparison.OrdinalIgnoreCase);

    private static async Task<List<string>> InDatabases()
    {
        var found = new List<string>();
        foreach (var service in Topology.Services.Where(service => service.Database is not null))
        {
            await using var connection =
                await SystemState.Open(RunningSystem.Stack.AdminConnectionString, service.Name, CancellationToken.None);
            var tables = await connection.QueryAsync<string>("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
            foreach (var table in tables)
            {
                if (await connection.ExecuteScalarAsync<bool>(
                    $"SELECT EXISTS (SELECT FROM \"{table}\" AS entry WHERE entry::text ILIKE ANY (@texts))",
                    new { texts = new[] { $"%{Email}%", $"%{Name}%" } }))
                {
                    found.Add($"{service.Database!.Name}.{table}");
                }
            }
        }

        return found;
    }

    private static async Task<List<string>> InRedis()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(RunningSystem.Stack.RedisAddress);
        var database = redis.GetDatabase();
        var found = new List<string>();
        await foreach (var key in redis.GetServers()[0].KeysAsync())
        {
            // Whatever its type is.
            var content = await database.KeyDumpAsync(key);
            if (IsTrace($"{key} {Encoding.Latin1.GetString(content ?? [])}"))
            {
                found.Add($"Redis {key}");
            }
        }

        return found;
    }

    /// <summary>Reads without acknowledging, so that the messages stay.</summary>
    private static async Task<List<string>> InQueues()
    {
        var found = new List<string>();
        await using var connection =
            await new ConnectionFactory { Uri = new Uri(RunningSystem.Stack.BrokerAddress) }.CreateConnectionAsync();
        foreach (var queue in await QueueNames())
        {
            await using var channel = await connection.CreateChannelAsync();
            while (await channel.BasicGetAsync(queue, autoAck: false) is { } message)
            {
                var headers = message.BasicProperties.Headers?.Values.OfType<byte[]>().Select(Encoding.UTF8.GetString) ?? [];
                if (IsTrace($"{Encoding.UTF8.GetString(message.Body.Span)} {string.Join(' ', headers)}"))
                {
                    found.Add($"queue {queue}");
                }
            }
        }

        return [.. found.Distinct()];
    }

    private static async Task<IEnumerable<string>> QueueNames()
    {
        var management = new Uri(RunningSystem.Stack.BrokerManagementAddress!);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(management.UserInfo))));
        var queues = await http.GetFromJsonAsync<JsonNode>(
            new UriBuilder(management) { UserName = "", Password = "", Path = "api/queues/%2F", Query = "columns=name" }.Uri);
        return queues!.AsArray().Select(queue => (string)queue!["name"]!);
    }
}
