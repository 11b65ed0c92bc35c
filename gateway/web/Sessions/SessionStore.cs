using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using ShopSaga.Hosting;
using ShopSaga.Web.Api;
using StackExchange.Redis;

namespace ShopSaga.Web.Sessions;

/// <summary>
/// The tokens of each session, encrypted, in Redis, where every instance finds them. The browser has only the session's id, in its cookie.
/// A session that Redis has lost has ended: its customer logs in again.
/// </summary>
internal sealed class SessionStore(RedisConnection redis, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>As long as a refresh token lives at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private static readonly TimeSpan LongestRenewal = TimeSpan.FromSeconds(15);
    private readonly IDataProtector _protector = protection.CreateProtector("ShopSaga.Web.Sessions");

    /// <summary>Starts a session and returns its id.</summary>
    public async Task<string> Begin(TokenPair pair)
    {
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await Save(id, pair);
        return id;
    }

    public async Task<Tokens> Save(string id, TokenPair pair)
    {
        var tokens = new Tokens(pair.AccessToken, pair.RefreshToken, time.GetUtcNow().AddSeconds(pair.ExpiresIn));
        var database = await redis.Database();
        await database.StringSetAsync(Key(id), _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(tokens)), Lifetime);
        return tokens;
    }

    /// <summary>Null when the session has ended, or cannot be read now.</summary>
    public async Task<Tokens?> Find(string id)
    {
        try
        {
            var database = await redis.Database();
            byte[]? stored = await database.StringGetAsync(Key(id));
            return stored is null ? null : JsonSerializer.Deserialize<Tokens>(_protector.Unprotect(stored));
        }
        catch (Exception failure) when (failure is RedisException or RedisTimeoutException or CryptographicException)
        {
            return null;
        }
    }

    public async Task End(string id) => await (await redis.Database()).KeyDeleteAsync(Key(id));

    /// <summary>Lets one renewal of a session run at a time, over all instances: a refresh token serves once.</summary>
    public async Task<bool> TryLock(string id) =>
        await (await redis.Database()).StringSetAsync(Key(id) + ":renewal", "", LongestRenewal, When.NotExists);

    public async Task Unlock(string id) => await (await redis.Database()).KeyDeleteAsync(Key(id) + ":renewal");

    private static string Key(string id) => $"ShopSaga.Web.session:{id}";
}
