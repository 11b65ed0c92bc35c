using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace ShopSaga.Hosting.Authentication;

/// <summary>
/// The public keys, kept while Users is down. They are fetched again when they are old, and at once when a token names one that is not among
/// them, but not more often than once a second, however many such tokens come in.
/// </summary>
internal sealed class SigningKeys(JwksSource source, TimeProvider time, ILogger<SigningKeys> logger) : IDisposable
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Dictionary<string, SecurityKey>? _keys;
    private long _triedAt;
    private long _fetchedAt;

    /// <summary>Whether keys were ever fetched: without them no token can be told from another.</summary>
    public bool AreKnown => _keys is not null;

    public SecurityKey? Find(string? id) => id is not null && _keys?.TryGetValue(id, out var key) == true ? key : null;

    /// <summary>Makes sure that the key is there, if it exists.</summary>
    public async Task Fetch(string id, CancellationToken cancellationToken)
    {
        var isKnown = Find(id) is not null;
        if (isKnown && time.GetElapsedTime(_fetchedAt) < FreshFor)
        {
            return;
        }

        // Somebody who has a key does not wait for a newer set; nor does somebody who is gone.
        if (!await _fetching.WaitAsync(isKnown ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellationToken))
        {
            return;
        }

        try
        {
            if (_triedAt == 0 || time.GetElapsedTime(_triedAt) >= Pause)
            {
                // For everybody: a client that hangs up meanwhile does not take the keys from the others.
                using var limit = new CancellationTokenSource(Patience, time);
                _triedAt = time.GetTimestamp();
                _keys = Read(await source(limit.Token));
                _fetchedAt = time.GetTimestamp();
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or JsonException or ArgumentException or NpgsqlException)
        {
            logger.LogWarning(HostingEvents.KeysNotFetched, "The keys of access tokens could not be fetched: {Reason}", failure.Message);
        }
        finally
        {
            _fetching.Release();
        }
    }

    public void Dispose() => _fetching.Dispose();

    private static Dictionary<string, SecurityKey> Read(string jwks) => new JsonWebKeySet(jwks).Keys
        .Where(key => key is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256, Kid.Length: > 0 })
        .ToDictionary(key => key.Kid, SecurityKey (key) => key);
}
