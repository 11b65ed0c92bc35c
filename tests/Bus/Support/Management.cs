using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>RabbitMQ's management API.</summary>
internal static class Management
{
    private static readonly HttpClient Http = NewClient();

    public static async Task<IReadOnlyList<JsonObject>> List(string what) =>
        [.. (await Http.GetFromJsonAsync<JsonArray>($"api/{what}"))!.Select(item => item!.AsObject())];

    /// <summary>Waits until the endpoint has acknowledged so many messages since its queue was made.</summary>
    public static Task HasAcknowledged(string queue, int count) => Eventually.Get(
        async () => (await List("queues/%2F")).Single(found => $"{found["name"]}" == queue)["message_stats"]?["ack"]?.GetValue<int>() ?? 0,
        acknowledged => acknowledged >= count,
        $"{queue} has acknowledged {count} messages");

    /// <summary>Closes an endpoint's connections as an operator would, and gives how many there were.</summary>
    public static async Task<int> CloseConnections(string endpoint)
    {
        var names = (await List("connections"))
            .Where(connection => $"{connection["user_provided_name"]}".StartsWith(endpoint + " ", StringComparison.Ordinal))
            .Select(connection => $"{connection["name"]}")
            .ToList();
        foreach (var name in names)
        {
            using var response = await Http.DeleteAsync($"api/connections/{Uri.EscapeDataString(name)}");
        }

        return names.Count;
    }

    /// <summary>Sets a policy for the queue of this name alone.</summary>
    public static async Task SetPolicy(string queue, Dictionary<string, object> definition)
    {
        var policy = new Dictionary<string, object>
        {
            ["pattern"] = $"^{queue.Replace(".", "\\.", StringComparison.Ordinal)}$",
            ["apply-to"] = "queues",
            ["definition"] = definition,
        };
        using var answer = await Http.PutAsJsonAsync($"api/policies/%2F/{queue}", policy);
        answer.EnsureSuccessStatusCode();
        await Eventually.Is(
            async () =>
                (await Http.GetStringAsync($"api/queues/%2F/{queue}?columns=policy")).Contains($"\"{queue}\"", StringComparison.Ordinal),
            "the policy is in force");
    }

    public static async Task DeletePolicy(string queue)
    {
        using var answer = await Http.DeleteAsync($"api/policies/%2F/{queue}");
    }

    /// <summary>Adds a user who may declare what <paramref name="configure"/> matches, and may do anything else.</summary>
    public static async Task AddUser(string name, string password, string configure = ".*")
    {
        using var added = await Http.PutAsJsonAsync($"api/users/{name}", new { password, tags = "" });
        added.EnsureSuccessStatusCode();
        using var allowed = await Http.PutAsJsonAsync(
            $"api/permissions/%2F/{name}", new { configure, write = ".*", read = ".*" });
        allowed.EnsureSuccessStatusCode();
    }

    public static async Task DeleteUser(string name)
    {
        using var answer = await Http.DeleteAsync($"api/users/{name}");
    }

    private static HttpClient NewClient()
    {
        var address = Servers.Management;
        var client = new HttpClient { BaseAddress = new UriBuilder(address) { UserName = "", Password = "" }.Uri };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        return client;
    }
}
