using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace ShopSaga.Hosting.Authentication;

/// <summary>
/// The keys that access tokens are validated with, named as in JwtBearer: the public halves of the keys that Users signs with. They are
/// kept while Users is down. They are fetched again after five minutes, and at once when a token names an unknown key, but at most once a
/// second regardless of how many such tokens arrive.
/// </summary>
internal sealed class SigningKeys(JwksSource source, TimeProvider time, ILogger<SigningKeys> logger) : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Dictionary<string, SecurityKey>? _keys;
    private long _triedAt;
    private long _fetchedAt;
    private bool _isFetched;

    public SecurityKey? Find(string? id) => id is not null && _keys?.TryGetValue(id, out var key) == true ? key : null;

    /// <summary>
    /// Fetches the keys if this one is unknown or old. Returns false if it is unknown and the last attempt failed: a token that it signed
    /// may be valid.
    /// </summary>
    public async Task<bool> Fetch(string id, CancellationToken cancellationToken)
    {
        var isKnown = Find(id) is not null;
        if (isKnown && time.GetElapsedTime(_fetchedAt) < MaxAge)
        {
            return true;
        }

        // A request whose key is known does not wait for a newer set.
        if (!await _fetching.WaitAsync(isKnown ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellationToken))
        {
            return true;
        }

        bool isFetched;
        try
        {
            if (_triedAt == 0 || time.GetElapsedTime(_triedAt) >= MinInterval)
            {
                // Not the request's token: other requests wait for the same fetch, and a client that disconnects must not cancel it.
                using var timeout = new CancellationTokenSource(FetchTimeout, time);
                (_triedAt, _isFetched) = (time.GetTimestamp(), false);
                _keys = Read(await source(timeout.Token));
                (_fetchedAt, _isFetched) = (time.GetTimestamp(), true);
            }
        }
        catch (Exception failure)
            when (failure is HttpRequestException or OperationCanceledException or JsonException or ArgumentException or NpgsqlException)
        {
            logger.LogWarning(LogEvents.KeysNotFetched, "The keys of access tokens could not be fetched: {Reason}", failure.Message);
        }
        finally
        {
            isFetched = _isFetched;
            _fetching.Release();
        }

        return isFetched || Find(id) is not null;
    }

    public void Dispose() => _fetching.Dispose();

    private static Dictionary<string, SecurityKey> Read(string jwks) => new JsonWebKeySet(jwks).Keys
        .Where(key => key is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256, Kid.Length: > 0 })
        .ToDictionary(key => key.Kid, SecurityKey (key) => key);
}
