using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Chaos.Shopping;

/// <summary>A response that is neither 503 nor 429.</summary>
internal sealed record Answer(int Status, JsonNode? Body)
{
    /// <summary>The problem code, where it is a problem.</summary>
    public string? Problem => Status >= 400 ? ((string?)Body?["type"])?.Split('/')[^1] : null;
}

/// <summary>One client of the gateway. It records its failures, of which only 503, 429 and lost connections are allowed.</summary>
internal sealed class ShopApi(Uri gateway, ClientRecord record) : IDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Longer than the gateway waits for a service.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan TokenIsUsedFor = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway, Timeout = Timeout };
    private readonly SemaphoreSlim _loggingIn = new(1, 1);
    private (string Email, string Password)? _account;
    private long _loggedInAt;

    public async Task LogIn(string email, string password)
    {
        _account = (email, password);
        await Eventually.Is(TryLogIn, $"{email} is logged in");
    }

    /// <summary>Null when the shop was not available.</summary>
    public async Task<Answer?> Send(
        HttpMethod method, string path, int[] expected, object? body = null, params (string Name, string Value)[] headers)
    {
        await RenewToken();
        record.Requested();
        try
        {
            using var request = Request(method, path, body, headers);
            using var response = await _client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            if (!IsAvailable(response))
            {
                return null;
            }

            var status = (int)response.StatusCode;
            var answer = new Answer(status, text.Length == 0 ? null : JsonNode.Parse(text));
            if (!expected.Contains(status))
            {
                record.Violated($"{method} {path} answered {status}: {text}");
            }

            return answer;
        }
        catch (Exception lost) when (IsLostConnection(lost))
        {
            record.Failed(Describe(lost));
            return null;
        }
        catch (JsonException broken)
        {
            record.Violated($"{method} {path} answered no JSON: {broken.Message}");
            return null;
        }
    }

    /// <summary>Reads a stream of server-sent events until it ends; false when it broke or was refused.</summary>
    public async Task<bool> Stream(string path, string? lastEventId, Action<string, JsonNode> take, CancellationToken cancellationToken)
    {
        await RenewToken();
        record.Requested();
        try
        {
            using var request = Request(HttpMethod.Get, path, null, lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!IsAvailable(response))
            {
                return false;
            }

            if ((int)response.StatusCode is not (200 or 204))
            {
                record.Violated($"GET {path} answered {(int)response.StatusCode}");
                return true;
            }

            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var id = "";
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line[4..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    take(id, JsonNode.Parse(line[6..])!);
                }
            }

            return true;
        }
        catch (Exception lost) when (IsLostConnection(lost) && !cancellationToken.IsCancellationRequested)
        {
            record.StreamBroke();
            return false;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _loggingIn.Dispose();
    }

    private async Task RenewToken()
    {
        if (_account is null || Stopwatch.GetElapsedTime(_loggedInAt) < TokenIsUsedFor)
        {
            return;
        }

        await _loggingIn.WaitAsync();
        try
        {
            if (Stopwatch.GetElapsedTime(_loggedInAt) > TokenIsUsedFor)
            {
                await Eventually.Is(TryLogIn, $"{_account.Value.Email} is logged in again");
            }
        }
        finally
        {
            _loggingIn.Release();
        }
    }

    private async Task<bool> TryLogIn()
    {
        record.Requested();
        try
        {
            using var request = Request(
                HttpMethod.Post, "auth/login", new { email = _account!.Value.Email, password = _account.Value.Password }, []);
            using var response = await _client.SendAsync(request);
            if (!IsAvailable(response))
            {
                await Task.Delay(Pause);
                return false;
            }

            var text = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
            {
                record.Violated($"POST auth/login answered {(int)response.StatusCode}: {text}");
                return false;
            }

            _client.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Bearer", (string)JsonNode.Parse(text)!["accessToken"]!);
            _loggedInAt = Stopwatch.GetTimestamp();
            return true;
        }
        catch (Exception lost) when (IsLostConnection(lost))
        {
            record.Failed(Describe(lost));
            await Task.Delay(Pause);
            return false;
        }
    }

    private bool IsAvailable(HttpResponseMessage response)
    {
        if ((int)response.StatusCode is not (503 or 429))
        {
            return true;
        }

        record.Failed($"{(int)response.StatusCode}");
        return false;
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, object? body, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    private static bool IsLostConnection(Exception failure) => failure is HttpRequestException or IOException or TaskCanceledException;

    private static string Describe(Exception lost) =>
        lost is TaskCanceledException ? "no answer in time"
        : lost is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? "connection refused" : "connection lost";
}
