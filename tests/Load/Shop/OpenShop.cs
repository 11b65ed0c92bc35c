using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using ShopSaga.Load.RawShop;

namespace ShopSaga.Load.Shop;

/// <summary>A shop with products and customers, and the ways to order in it.</summary>
internal sealed class OpenShop(Uri door, string database) : IDisposable
{
    public const int Products = 1_000;
    public const int Stock = 1_000_000_000;

    /// <summary>What customers read: a page of the catalogue, an order, the cart.</summary>
    public static readonly string[] Reads = ["products", "order", "cart"];

    private const int Customers = 20;
    private const string Password = "a long password";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    // The bytes of a connection that was closed are counted no more.
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
    })
    {
        BaseAddress = door,
    };

    private readonly List<string> _customers = [];
    private readonly List<long> _products = [];
    private PlacedOrder? _latest;
    private readonly NpgsqlConnection _orders = new(Servers.Database(database));

    /// <summary>The database of the orders.</summary>
    public string Database => database;

    /// <summary>Orders before this one are not counted: they were there, open or final, before there was any load.</summary>
    public long FirstOrder { get; set; }

    /// <summary>How many times <see cref="CountOpen"/> has asked the database.</summary>
    public int Polls { get; private set; }

    public static async Task<OpenShop> Open()
    {
        var shop = new OpenShop(new Uri(Servers.Required("SHOPSAGA_GATEWAY")), "orderdb");
        await shop._orders.OpenAsync();
        var admin = await shop.LogIn(Servers.Required("SHOPSAGA_ADMIN_EMAIL"), Servers.Required("SHOPSAGA_ADMIN_PASSWORD"));
        await Parallel.ForEachAsync(Enumerable.Range(1, Products), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            var product = new { name = $"Product {number}", category = "bench", price = 1_000, stockQuantity = Stock };
            var listed = await shop.Send(HttpMethod.Post, "products", admin, product);
            lock (shop._products)
            {
                shop._products.Add(listed.GetProperty("id").GetInt64());
            }
        });
        foreach (var number in Enumerable.Range(1, Customers))
        {
            await shop.Send(HttpMethod.Post, "users", null, new { email = EmailOf(number), password = Password, name = "Bench" });
        }

        await Eventually.Is(
            async () => await shop._orders.ExecuteScalarAsync<int>("SELECT count(*)::int FROM price_list") == Products,
            "Orders knows all prices");
        return shop;
    }

    /// <summary>The raw shop has its products already, and takes a customer's number for the token.</summary>
    public static async Task<OpenShop> OpenRaw(Uri door)
    {
        var shop = new OpenShop(door, RawDatabases.Orders);
        await shop._orders.OpenAsync();
        shop._products.AddRange(Enumerable.Range(1, Products).Select(number => (long)number));
        shop._customers.AddRange(Enumerable.Range(1, Customers).Select(number => $"{number}"));
        return shop;
    }

    /// <summary>Logs all customers in. Their tokens are good for 15 minutes.</summary>
    public async Task LogInCustomers()
    {
        _customers.Clear();
        foreach (var number in Enumerable.Range(1, Customers))
        {
            _customers.Add(await LogIn(EmailOf(number), Password));
        }
    }

    /// <summary>Places one order and does what the mix adds to it. Returns the order's id, or null if the shop is overloaded.</summary>
    public async Task<long?> Order(Mix mix, Random random)
    {
        var customer = _customers[random.Next(Customers)];
        var product = _products[random.Next(mix.Products)];
        var paymentMethod = random.NextDouble() < mix.Declines ? "CARD_DECLINED" : "CARD";
        var order = await TrySend(HttpMethod.Post, "orders", customer, new { productId = product, quantity = 1, paymentMethod });
        if (order is not { } placed)
        {
            return null;
        }

        var id = placed.GetProperty("id").GetInt64();
        if (random.NextDouble() < mix.Cancels)
        {
            await Send(HttpMethod.Post, $"orders/{id}/cancel", customer, new { });
        }

        var readable = new PlacedOrder($"orders/{id}", customer);
        _latest = readable;
        foreach (var read in mix.Reads ? Reads : [])
        {
            await Read(read, readable);
        }

        return id;
    }

    /// <summary>The customer of the latest order reads something.</summary>
    /// <param name="what">One of <see cref="Reads"/>.</param>
    public Task Read(string what) => Read(what, _latest!);

    /// <summary>How many orders are not final.</summary>
    public async Task<int> CountOpen()
    {
        await Task.Delay(PollInterval);
        Polls++;
        return await _orders.ExecuteScalarAsync<int>(
            "SELECT count(*)::int FROM orders WHERE status IN ('PENDING', 'CANCELLING') AND id >= @FirstOrder", new { FirstOrder });
    }

    /// <summary>Waits until all orders are final.</summary>
    public async Task AllFinal()
    {
        while (await CountOpen() > 0)
        {
            // Counting pauses by itself.
        }
    }

    /// <summary>How many orders became final in the time.</summary>
    public Task<int> CountFinal(DateTime from, DateTime until) => _orders.ExecuteScalarAsync<int>(
        """
        SELECT count(*)::int FROM orders
        WHERE id >= @FirstOrder AND status IN ('CONFIRMED', 'CANCELLED') AND updated_at >= @from AND updated_at < @until
        """,
        new { FirstOrder, from, until });

    /// <summary>When each order became final.</summary>
    public async Task<IReadOnlyDictionary<long, DateTime>> FinalTimes(long[] ids) =>
        (await _orders.QueryAsync<(long Id, DateTime At)>("SELECT id, updated_at FROM orders WHERE id = ANY(@ids)", new { ids }))
        .ToDictionary(order => order.Id, order => order.At);

    public void Dispose()
    {
        _client.Dispose();
        _orders.Dispose();
    }

    private static string EmailOf(int customer) => $"bench-{customer}@example.com";

    private Task<JsonElement> Read(string what, PlacedOrder order) =>
        Send(HttpMethod.Get, what == "order" ? order.Path : what, order.Customer);

    private async Task<string> LogIn(string email, string password) =>
        (await Send(HttpMethod.Post, "auth/login", null, new { email, password })).GetProperty("accessToken").GetString()!;

    private async Task<JsonElement> Send(HttpMethod method, string path, string? token, object? body = null) =>
        await TrySend(method, path, token, body) ?? throw new HttpRequestException($"{method} {path} was refused: overloaded");

    /// <summary>Null if the shop is overloaded.</summary>
    private async Task<JsonElement?> TrySend(HttpMethod method, string path, string? token, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (response.StatusCode is HttpStatusCode.ServiceUnavailable && text.Contains("/problems/overloaded", StringComparison.Ordinal))
        {
            return null;
        }

        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new HttpRequestException($"{method} {path} answered {(int)response.StatusCode}: {text}");
    }

    /// <summary>An order, and the token of the customer who may read it. Clients order at the same time: both change at once.</summary>
    private sealed record PlacedOrder(string Path, string Customer);
}
