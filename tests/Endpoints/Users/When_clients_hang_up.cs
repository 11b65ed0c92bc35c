using System.Net;
using System.Net.Http.Json;

namespace ShopSaga.Tests.Endpoints.Users;

/// <summary>Far more requests are aborted, at every stage, than the pool of the service has connections.</summary>
internal sealed class When_clients_hang_up : UsersFixture
{
    private const int Requests = 120;
    private const int MaxDelayMs = 120;

    [Test]
    public async Task Should_register_the_next_client()
    {
        using var client = App.Anonymous();
        await Abort(number => Post(client, "/users", new { email = $"gone{number}@shop.test", password = UsersApp.Password, name = "A" }));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => App.Register($"stays{number}@shop.test")));
    }

    [Test]
    public async Task Should_log_in_the_next_client()
    {
        await App.Register("patient@shop.test");
        using var client = App.Anonymous();
        await Abort(_ => Post(client, "/auth/login", new { email = "patient@shop.test", password = UsersApp.Password }));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => App.LogIn("patient@shop.test")));
    }

    [Test]
    public async Task Should_change_the_password_of_the_next_client()
    {
        await App.Register("changes@shop.test");
        using var client = App.With((await App.LogIn("changes@shop.test")).Access);
        await Abort(_ => token => client.PutAsJsonAsync(
            "/users/me/password", new { currentPassword = UsersApp.Password, newPassword = UsersApp.Password }, token));

        using var answer = await client.PutAsJsonAsync(
            "/users/me/password", new { currentPassword = UsersApp.Password, newPassword = "another password" });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    private static Func<CancellationToken, Task<HttpResponseMessage>> Post(HttpClient client, string path, object body) =>
        token => client.PostAsJsonAsync(path, body, token);

    private static async Task Abort(Func<int, Func<CancellationToken, Task<HttpResponseMessage>>> request)
    {
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (number, _) =>
        {
            using var abort = new CancellationTokenSource(TimeSpan.FromMilliseconds(number * MaxDelayMs / (double)Requests));
            try
            {
                using var answer = await request(number)(abort.Token);
            }
            catch (OperationCanceledException)
            {
                // The client hung up before the answer came.
            }
        });
    }
}
