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

    /// <summary>Closes connections as an operator would, and gives how many there were.</summary>
    public static async Task<int> CloseConnections(Func<string, bool> named)
    {
        var connections = (await List("connections"))
            .Where(connection => named($"{connection["user_provided_name"] ?? connection["client_properties"]?["connection_name"]}"))
            .ToList();
        foreach (var connection in connections)
        {
            using var response = await Http.DeleteAsync($"api/connections/{Uri.EscapeDataString($"{connection["name"]}")}");
        }

        return connections.Count;
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
