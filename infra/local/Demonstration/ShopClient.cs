using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Local.Demonstration;

/// <summary>A client of the shop's public API.</summary>
internal sealed class ShopClient(Uri gateway) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = gateway };

    /// <summary>Logs in and returns the access token.</summary>
    public async Task<string> LogIn(string email, string password, CancellationToken cancellationToken)
    {
        var tokens = await Post("auth/login", new { email, password }, cancellationToken);
        var token = tokens["accessToken"]!.GetValue<string>();
        Authorize(token);
        return token;
    }

    public void Authorize(string token) => _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public async Task<JsonNode> Get(string path, CancellationToken cancellationToken) =>
        await Read(await _client.GetAsync(path, cancellationToken), cancellationToken);

    public async Task<JsonNode> Post(string path, object body, CancellationToken cancellationToken) =>
        await Read(await _client.PostAsJsonAsync(path, body, cancellationToken), cancellationToken);

    /// <summary>Sends a POST request without a body and ignores the body of the response.</summary>
    public async Task Post(string path, CancellationToken cancellationToken)
    {
        using var response = await _client.PostAsync(path, null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task Delete(string path, CancellationToken cancellationToken)
    {
        using var response = await _client.DeleteAsync(path, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _client.Dispose();

    /// <exception cref="HttpRequestException">The request was refused; the message contains the response.</exception>
    private static async Task<JsonNode> Read(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? JsonNode.Parse(text)!
                : throw new HttpRequestException(
                    $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri!.AbsolutePath} answered "
                        + $"{(int)response.StatusCode}: {text}",
                    null,
                    response.StatusCode);
        }
    }
}
