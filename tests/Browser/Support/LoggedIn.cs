using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Browser.Support;

/// <summary>
/// Sends requests as a user, with an access token that is asked for anew before it expires: on a busy machine tests take longer.
/// </summary>
internal sealed class LoggedIn(string email, string password) : DelegatingHandler(new SocketsHttpHandler())
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(10);
    private readonly SemaphoreSlim _one = new(1);
    private string? _token;
    private long _since;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await Token(request.RequestUri!, cancellationToken));
        return await base.SendAsync(request, cancellationToken);
    }

    private async Task<string> Token(Uri address, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || TimeProvider.System.GetElapsedTime(_since) > TokenLife)
            {
                using var login = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/auth/login"))
                {
                    Content = JsonContent.Create(new { email, password }),
                };
                using var answer = await base.SendAsync(login, cancellationToken);
                _token = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!["accessToken"]!.GetValue<string>();
                _since = TimeProvider.System.GetTimestamp();
            }

            return _token;
        }
        finally
        {
            _one.Release();
        }
    }
}
