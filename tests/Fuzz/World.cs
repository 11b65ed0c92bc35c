using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Fuzz;

/// <summary>
/// The test data: an attacker and a victim, each with a confirmed order, its payment and a cart; the administrator; a product. The victim's
/// data contains a unique mark by which leaks are recognised.
/// </summary>
internal sealed class World : IDisposable
{
    /// <summary>Access tokens live for fifteen minutes.</summary>
    private static readonly TimeSpan TokenAge = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);

    private readonly Target _target;
    private readonly HttpClient _http;
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];
    private long _renewedAt;

    private World(Target target)
    {
        _target = target;
        _http = new HttpClient { BaseAddress = target.Gateway };
        Attacker = new Account($"attacker-{_mark}@example.com", "the attacker's password", "Attacker");
        Victim = new Account($"victim-{_mark}@example.com", $"the victim's secret {_mark}", $"Victim {_mark}");
        Admin = new Account(target.AdminEmail, target.AdminPassword, "Administrator");
    }

    /// <summary>The orders that the world begins with.</summary>
    public const int Orders = 2;

    public Account Attacker { get; }

    public Account Victim { get; }

    public Account Admin { get; }

    public long ProductId { get; private set; }

    /// <summary>A product that the campaign may withdraw.</summary>
    public long SpareId { get; private set; }

    /// <summary>The public signing keys.</summary>
    public string Jwks { get; private set; } = "";

    /// <summary>Data that only the victim and the administrator may see.</summary>
    public string[] Confidential => [Victim.Email, Victim.Name, $"\"userId\":{Victim.Id},"];

    /// <summary>Passwords, tokens and keys that must not be logged.</summary>
    public IEnumerable<string> Secrets =>
        new[] { Attacker, Victim, Admin }.SelectMany(account => account.Secrets).Concat(_target.Secrets().Values);

    public static async Task<World> Create(Target target, CancellationToken cancellationToken)
    {
        var world = new World(target);
        world.Jwks = await world._http.GetStringAsync(".well-known/jwks.json", cancellationToken);
        foreach (var account in new[] { world.Attacker, world.Victim })
        {
            var registered = await world.Send(
                HttpMethod.Post, "users", new { account.Email, account.Password, account.Name }, null, cancellationToken);
            account.Id = registered["id"]!.GetValue<long>();
        }

        await world.LogIn(cancellationToken);
        (world.ProductId, world.SpareId) = (await world.List(cancellationToken), await world.List(cancellationToken));
        foreach (var account in new[] { world.Attacker, world.Victim })
        {
            await world.ShopClient(account, cancellationToken);
        }

        return world;
    }

    /// <summary>Renews the access tokens before they expire.</summary>
    public async Task Renew(CancellationToken cancellationToken)
    {
        if (TimeProvider.System.GetElapsedTime(_renewedAt) > TokenAge)
        {
            await LogIn(cancellationToken);
        }
    }

    /// <summary>The victim's data, which no request of the campaign may change.</summary>
    public async Task<string> StateOfVictim(CancellationToken cancellationToken)
    {
        var order = await Send(HttpMethod.Get, $"orders/{Victim.OrderId}", null, Admin, cancellationToken);
        var payment = await Send(HttpMethod.Get, $"payments/{Victim.PaymentId}", null, Admin, cancellationToken);
        var cart = await Send(HttpMethod.Get, "cart", null, Victim, cancellationToken);
        var profile = await Send(HttpMethod.Get, "users/me", null, Victim, cancellationToken);
        var lines = cart["lines"]!.AsArray().Select(line => $"{line!["quantity"]} of {line["productId"]}");
        return string.Join('\n', order.ToJsonString(), payment.ToJsonString(), profile.ToJsonString(), string.Join(", ", lines));
    }

    public void Dispose() => _http.Dispose();

    private async Task LogIn(CancellationToken cancellationToken)
    {
        foreach (var account in new[] { Attacker, Victim, Admin })
        {
            var tokens = await Send(HttpMethod.Post, "auth/login", new { account.Email, account.Password }, null, cancellationToken);
            account.HasTokens(tokens["accessToken"]!.GetValue<string>(), tokens["refreshToken"]!.GetValue<string>());
        }

        _renewedAt = TimeProvider.System.GetTimestamp();
    }

    private async Task<long> List(CancellationToken cancellationToken)
    {
        var body = new { name = $"Thing {_mark}", category = "Fuzz", price = 1_000, stockQuantity = 1_000_000 };
        return (await Send(HttpMethod.Post, "products", body, Admin, cancellationToken))["id"]!.GetValue<long>();
    }

    private async Task ShopClient(Account account, CancellationToken cancellationToken)
    {
        // Orders learns of a new product from an event.
        await Eventually(
            async () =>
                await Answers(
                    HttpMethod.Put,
                    $"cart/items/{ProductId}",
                    new { quantity = 3 },
                    account,
                    cancellationToken) is HttpStatusCode.OK ? "" : null,
            "the product is not on sale",
            cancellationToken);
        var confirmed = await Order(account, cancellationToken);
        (account.OrderId, account.PaymentId) = (confirmed["id"]!.GetValue<long>(), confirmed["paymentId"]!.GetValue<long>());
    }

    /// <summary>Places an order and waits until it is confirmed.</summary>
    /// <exception cref="TimeoutException">It is not confirmed in time.</exception>
    public async Task<JsonNode> Order(Account account, CancellationToken cancellationToken)
    {
        var order = await Send(
            HttpMethod.Post, "orders", new { ProductId, quantity = 2, paymentMethod = "CARD" }, account, cancellationToken);
        return await Eventually(
            async () => await Send(HttpMethod.Get, $"orders/{order["id"]}", null, account, cancellationToken) is var read
                && read["status"]!.GetValue<string>() == "CONFIRMED" ? read : null,
            $"order {order["id"]} is not confirmed within {TimeLimit.TotalMinutes} minutes",
            cancellationToken);
    }

    private static async Task<T> Eventually<T>(Func<Task<T?>> ask, string otherwise, CancellationToken cancellationToken)
        where T : class
    {
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < TimeLimit)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        throw new TimeoutException(otherwise);
    }

    private async Task<HttpStatusCode> Answers(
        HttpMethod method, string path, object? body, Account? account, CancellationToken cancellationToken)
    {
        using var answer = await Ask(method, path, body, account, cancellationToken);
        return answer.StatusCode;
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, object? body, Account? account, CancellationToken cancellationToken)
    {
        using var answer = await Ask(method, path, body, account, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? JsonNode.Parse(text)!
            : throw new HttpRequestException(
                string.Create(CultureInfo.InvariantCulture, $"{method} {path} answered {(int)answer.StatusCode}: {text}"));
    }

    private async Task<HttpResponseMessage> Ask(
        HttpMethod method, string path, object? body, Account? account, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = account is null ? null : new AuthenticationHeaderValue("Bearer", account.Token);
        return await _http.SendAsync(request, cancellationToken);
    }
}

/// <summary>An account with its tokens and data.</summary>
internal sealed class Account(string email, string password, string name)
{
    private readonly List<string> _tokens = [];

    public string Email => email;

    public string Password => password;

    public string Name => name;

    public long Id { get; set; }

    public long OrderId { get; set; }

    public long PaymentId { get; set; }

    public string Token { get; private set; } = "";

    public string RefreshToken { get; private set; } = "";

    public IEnumerable<string> Secrets => [password, .. _tokens];

    public void HasTokens(string token, string refreshToken)
    {
        (Token, RefreshToken) = (token, refreshToken);
        _tokens.AddRange([token, refreshToken]);
    }
}
