using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using ShopSaga.Hosting.Authentication;

namespace ShopSaga.Tests.Unit.Hosting;

[TestFixture]
internal sealed class When_signing_keys_are_fetched
{
    private const string Jwks =
        """
        {"keys":[{"kty":"EC","crv":"P-256","kid":"a",
            "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
        """;

    [Test]
    public async Task Should_be_fetched_for_all_though_the_client_that_caused_it_hangs_up()
    {
        var answer = new TaskCompletionSource<string>();
        using var keys = new SigningKeys(token => answer.Task.WaitAsync(token), TimeProvider.System, NullLogger<SigningKeys>.Instance);
        using var client = new CancellationTokenSource();

        var fetching = keys.Fetch("a", client.Token);
        await client.CancelAsync();
        answer.SetResult(Jwks);
        await fetching;

        Assert.That(keys.Find("a"), Is.Not.Null);
    }

    [Test]
    public async Task Should_not_be_waited_for_by_a_client_that_hangs_up()
    {
        var answer = new TaskCompletionSource<string>();
        using var keys = new SigningKeys(token => answer.Task.WaitAsync(token), TimeProvider.System, NullLogger<SigningKeys>.Instance);
        using var client = new CancellationTokenSource();

        var first = keys.Fetch("a", CancellationToken.None);
        var second = keys.Fetch("a", client.Token);
        await client.CancelAsync();
        await Assert.ThatAsync(() => second, Throws.InstanceOf<OperationCanceledException>());

        answer.SetResult(Jwks);
        await first;
        Assert.That(keys.Find("a"), Is.Not.Null);
    }

    [Test]
    public async Task Should_tell_a_key_that_does_not_exist_from_one_that_could_not_be_fetched()
    {
        var isDown = true;
        var time = new FakeTimeProvider();
        using var keys = new SigningKeys(
            _ => isDown ? throw new HttpRequestException("down") : Task.FromResult(Jwks), time, NullLogger<SigningKeys>.Instance);

        Assert.That(await Fetch("a"), Is.False, "no key was ever fetched");
        isDown = false;
        Assert.That((await Fetch("a"), await Fetch("b")), Is.EqualTo((true, true)), "one key is known, and there is no other");
        isDown = true;
        Assert.That((await Fetch("a"), await Fetch("b")), Is.EqualTo((true, false)), "the other may exist by now");

        Task<bool> Fetch(string id)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return keys.Fetch(id, CancellationToken.None);
        }
    }

    [Test]
    public async Task Should_be_dropped_within_five_minutes_after_they_were_withdrawn()
    {
        var published = Jwks;
        var time = new FakeTimeProvider();
        using var keys = new SigningKeys(_ => Task.FromResult(published), time, NullLogger<SigningKeys>.Instance);
        time.Advance(TimeSpan.FromSeconds(1));
        await keys.Fetch("a", CancellationToken.None);
        published = """{"keys":[]}""";

        time.Advance(TimeSpan.FromMinutes(5));
        await keys.Fetch("a", CancellationToken.None);

        Assert.That(keys.Find("a"), Is.Null);
    }
}
