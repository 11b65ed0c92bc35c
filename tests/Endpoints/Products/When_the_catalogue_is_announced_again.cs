using System.Net;
using ShopSaga.Contracts.Products;
using ShopSaga.Products;
using ShopSaga.Products.Announcing;
using ShopSaga.Tests.Endpoints.Support;

namespace ShopSaga.Tests.Endpoints.Products;

internal sealed class When_the_catalogue_is_announced_again
{
    private const string Path = "/internal/catalogue/announcements";
    private const int Products = (2 * AnnounceCatalogueHandler.PageSize) + 1;
    private ServiceApp<Product> _app = null!;

    [SetUp]
    public async Task Start() => _app = await ServiceApp<Product>.Start();

    [TearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    [Test]
    public async Task Should_tell_every_product_once_as_it_stands()
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(_app.Database);
        await Ready();
        await using (var command = database.CreateCommand(
            $"""
            INSERT INTO products (name, category, price, stock_quantity, version, listed_at)
            SELECT 'Lamp ' || number, 'Light', number, 0, 10 + number, now() FROM generate_series(1, {Products}) number;
            UPDATE products SET withdrawn_at = now() WHERE id = 7
            """))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var listed = await Subscription<ProductListed>.On(_app.Broker);
        await using var withdrawn = await Subscription<ProductWithdrawn>.On(_app.Broker);
        using var accepted = await _app.Admin().PostAsync(Path, null);

        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var heard = new List<ProductListed>();
        while (heard.Count < Products)
        {
            heard.Add(await listed.Next());
        }

        Assert.That(
            heard.OrderBy(product => product.ProductId),
            Is.EqualTo(Enumerable.Range(1, Products)
                .Select(id => new ProductListed(id, $"Lamp {id}", "Light", id, id == 7 ? 1 : 10 + id))));
        Assert.That(await withdrawn.Next(), Is.EqualTo(new ProductWithdrawn(7, 17)));
    }

    [Test]
    public async Task Should_be_for_the_admin_alone()
    {
        using var customer = await _app.Customer(7).PostAsync(Path, null);
        using var anonymous = await _app.Anonymous().PostAsync(Path, null);

        Assert.That(customer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(anonymous.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    /// <summary>The schema is there, and so is the queue.</summary>
    private async Task Ready()
    {
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!(await _app.Anonymous().GetAsync("/health/ready", giveUp.Token)).IsSuccessStatusCode)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, giveUp.Token);
        }
    }
}
