using System.Text.Json;
using ShopSaga.Web.Api;

namespace ShopSaga.Web.Sessions;

/// <summary>
/// Renews access tokens shortly before they expire. Two requests of one visitor, at two instances perhaps, need the same renewal: one asks
/// for it, and the others wait for its result, since a refresh token that is used twice ends the session.
/// </summary>
internal sealed class Renewal(IHttpClientFactory clients, SessionStore sessions, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private const int MaxPauses = 200;

    /// <summary>Tokens that are still valid for a while; null when the session has ended.</summary>
    public async Task<Tokens?> Renew(string id, Tokens tokens)
    {
        for (var pauses = 0; tokens.ExpiresAt - Margin <= time.GetUtcNow(); pauses++)
        {
            if (await sessions.TryLock(id))
            {
                try
                {
                    // Another request may have renewed them before the lock was taken.
                    return await sessions.Find(id) is { } latest && latest.RefreshToken == tokens.RefreshToken
                        ? await Ask(id, tokens)
                        : await sessions.Find(id);
                }
                finally
                {
                    await sessions.Unlock(id);
                }
            }

            if (pauses == MaxPauses)
            {
                return tokens;
            }

            await Task.Delay(Pause, time);
            if (await sessions.Find(id) is not { } renewed)
            {
                return null;
            }

            tokens = renewed;
        }

        return tokens;
    }

    private async Task<Tokens?> Ask(string id, Tokens tokens)
    {
        try
        {
            using var response = await clients.CreateClient(ShopApi.Client)
                .PostAsJsonAsync(ApiRoutes.Refresh.Path[1..], new RefreshToken(tokens.RefreshToken));
            if (response.IsSuccessStatusCode)
            {
                return await sessions.Save(id, (await response.Content.ReadFromJsonAsync<TokenPair>())!);
            }

            if ((int)response.StatusCode < StatusCodes.Status500InternalServerError)
            {
                await sessions.End(id);
                return null;
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException)
        {
            // Users is away: the old token may still do, and the next call asks again.
        }

        return tokens;
    }
}
