namespace ShopSaga.Chaos.Shopping;

/// <summary>The administrator: lists products, then changes prices and reads what it has written.</summary>
internal sealed class Shopkeeper(Uri gateway, ClientRecord record, Random random) : IDisposable
{
    private const int Products = 12;
    private const int Stock = 1_000_000;
    private const int ScarceStock = 20;
    private static readonly TimeSpan MaxThinking = TimeSpan.FromSeconds(1);

    private readonly ShopApi _api = new(gateway, record);
    private readonly Dictionary<long, int> _versions = [];
    private readonly List<long> _products = [];

    /// <summary>The last one is soon out of stock.</summary>
    public IReadOnlyList<long> Listed => _products;

    public async Task ListProducts(string email, string password)
    {
        await _api.LogIn(email, password);
        for (var number = 1; number <= Products; number++)
        {
            var product = new
            {
                name = $"Product {number}",
                category = "chaos",
                price = 1_000 * number,
                stockQuantity = number == Products ? ScarceStock : Stock,
            };
            var answer = await _api.Send(HttpMethod.Post, "products", [201], product)
                ?? throw new InvalidOperationException("The products could not be listed.");
            _products.Add((long)answer.Body!["id"]!);
        }
    }

    public async Task Work(Gate gate, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using (await gate.Enter())
            {
                await ChangePrice(_products[random.Next(_products.Count)]);
            }

            await Task.Delay(random.NextDouble() * MaxThinking, CancellationToken.None);
        }
    }

    public void Dispose() => _api.Dispose();

    private async Task ChangePrice(long product)
    {
        var body = new { name = $"Product {product}", category = "chaos", price = random.Next(1_000, 20_000) };
        Told(product, await _api.Send(HttpMethod.Put, $"products/{product}", [200], body));
        Told(product, await _api.Send(HttpMethod.Get, $"products/{product}", [200]));
    }

    private void Told(long product, Answer? answer)
    {
        if (answer is not { Status: 200 })
        {
            return;
        }

        var version = (int)answer.Body!["version"]!;
        if (version < _versions.GetValueOrDefault(product))
        {
            record.Violated($"product {product} had version {_versions[product]} and then {version}");
        }

        _versions[product] = version;
    }
}
