using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace ShopSaga.Tests.Endpoints.Psp;

internal sealed class When_a_merchant_is_told : IDisposable
{
    private const int PatienceMs = 30_000;
    private readonly Mailbox _mailbox = new();
    private Merchant _merchant = null!;

    [OneTimeSetUp]
    public async Task Open() => _merchant = await Merchant.Start(_mailbox);

    [OneTimeTearDown]
    public async Task Close() => await _merchant.DisposeAsync();

    [SetUp]
    public void TakeEverything() => _mailbox.Answer = _ => Task.FromResult(HttpStatusCode.NoContent);

    public void Dispose() => _mailbox.Dispose();

    [TestCase("CARD", "charge.succeeded")]
    [TestCase("CARD_SLOW", "charge.succeeded")]
    [TestCase("CARD_DECLINED", "charge.declined")]
    public async Task Should_say_what_a_look_up_says(string method, string type)
    {
        await _merchant.Charge(method, method);

        var letter = (await Arrived(method, 1)).Single();
        Assert.That(letter.Path, Is.EqualTo("/webhooks/psp"));
        Assert.That((string?)letter.Json["type"], Is.EqualTo(type));
        Assert.That(letter.Json["data"]!.ToJsonString(), Is.EqualTo((await _merchant.Find(method)).Single()!.ToJsonString()));
    }

    [Test]
    public async Task Should_hear_of_a_charge_that_got_no_answer()
    {
        using var patience = new CancellationTokenSource();
        var charging = _merchant.Charge("silent", "CARD_TIMEOUT_CHARGED", cancellationToken: patience.Token);

        Assert.That((string?)(await Arrived("silent", 1)).Single().Json["type"], Is.EqualTo("charge.succeeded"));

        await patience.CancelAsync();
        await Assert.ThatAsync(() => charging, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Should_hear_of_a_refund_once_it_is_made()
    {
        var charge = await Merchant.Read(await _merchant.Charge("back", "CARD_REFUND_FLAKY"));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await _merchant.Refund((long)charge["id"]!, "give-back", 1000);
        }

        var letter = (await Arrived("give-back", 1)).Single();
        Assert.That((string?)letter.Json["type"], Is.EqualTo("refund.succeeded"));
        Assert.That((DateTimeOffset?)letter.Json["data"]!["refundedAt"], Is.Not.Null);
    }

    [Test]
    public async Task Should_not_hear_of_a_charge_that_was_not_made_or_again_of_one_that_was_asked_for_again()
    {
        await _merchant.Void("never");
        await _merchant.Charge("never");
        await _merchant.Charge("again");
        await _merchant.Charge("again");

        await using var books = new NpgsqlConnection(_merchant.Database);
        var told = await books.QueryAsync<string>(
            "SELECT idempotency_key FROM webhooks JOIN charges ON charges.id = charge_id WHERE idempotency_key IN ('never', 'again')");
        Assert.That(told, Is.EqualTo(new[] { "again" }));
    }

    [Test]
    public async Task Should_get_each_with_a_signature_over_time_and_body()
    {
        await _merchant.Charge("signed");

        var letter = (await Arrived("signed", 1)).Single();
        var parts = letter.Signature.Split(',');
        var timestamp = parts[0]["t=".Length..];
        var expected = HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(Merchant.WebhookSecret), Encoding.UTF8.GetBytes($"{timestamp}.{letter.Body}"));
        Assert.That(parts[1], Is.EqualTo($"v1={Convert.ToHexStringLower(expected)}"));
        Assert.That(
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture)),
            Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(2)));
    }

    [TestCase(HttpStatusCode.ServiceUnavailable)]
    [TestCase(HttpStatusCode.Unauthorized)]
    [TestCase(HttpStatusCode.TooManyRequests)]
    public async Task Should_be_told_the_same_again_until_it_says_that_it_heard(HttpStatusCode refusal)
    {
        var key = $"again-{refusal}";
        _mailbox.Answer = letter => Task.FromResult(_mailbox.About(key).Count < 3 ? refusal : HttpStatusCode.NoContent);
        await _merchant.Charge(key);

        await Arrived(key, 1);
        await DoNotWait(key, attempts: 1);
        await Arrived(key, 2);
        await DoNotWait(key, attempts: 2);
        var letters = await Arrived(key, 3);

        Assert.That(letters.Select(letter => letter.Body).Distinct().Count(), Is.EqualTo(1));
        Assert.That(async () => await NextAttempt(key), Is.Null.After(PatienceMs, 20));
    }

    [Test]
    public async Task Should_be_told_again_when_it_breaks_off()
    {
        _mailbox.Answer = letter =>
            _mailbox.About("broken").Count < 2 ? throw new HttpRequestException("reset") : Task.FromResult(HttpStatusCode.OK);
        await _merchant.Charge("broken");

        await Arrived("broken", 1);
        await DoNotWait("broken", attempts: 1);

        await Arrived("broken", 2);
    }

    [TestCase(6, 128)]
    [TestCase(10, 2048)]
    public async Task Should_be_left_in_peace_twice_as_long_after_each_attempt(int attempts, int seconds)
    {
        var key = $"patient-{attempts}";
        _mailbox.Answer = _ => Task.FromResult(HttpStatusCode.InternalServerError);
        await _merchant.Charge(key);
        await Arrived(key, 1);

        await PretendAttempts(key, attempts);

        var wait = (await AfterAttempt(key, attempts + 1))!.Value - DateTimeOffset.UtcNow;
        Assert.That(wait, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(seconds)).And.GreaterThan(TimeSpan.FromSeconds(seconds / 2)));
    }

    [Test]
    public async Task Should_be_left_alone_after_twelve_attempts()
    {
        _mailbox.Answer = _ => Task.FromResult(HttpStatusCode.InternalServerError);
        await _merchant.Charge("hopeless");
        await Arrived("hopeless", 1);

        await PretendAttempts("hopeless", 11);

        Assert.That(await AfterAttempt("hopeless", 12), Is.Null);
    }

    [Test]
    public async Task Should_be_told_once_by_two_processes()
    {
        await using var another = _merchant.StartAnother();
        var keys = Enumerable.Range(0, 40).Select(number => $"crowd-{number}").ToList();

        await Task.WhenAll(keys.Select(key => _merchant.Charge(key)));

        Assert.That(async () => await Pending(), Is.Zero.After(PatienceMs, 20));
        Assert.That(keys.Select(key => _mailbox.About(key).Count), Has.All.EqualTo(1));
    }

    private async Task<IReadOnlyList<Letter>> Arrived(string key, int count)
    {
        Assert.That(() => _mailbox.About(key).Count, Is.GreaterThanOrEqualTo(count).After(PatienceMs, 20));
        return _mailbox.About(key);
    }

    /// <summary>Once the failure of an attempt is entered, the next one is due now.</summary>
    private async Task DoNotWait(string key, int attempts)
    {
        await using var books = new NpgsqlConnection(_merchant.Database);
        await books.ExecuteAsync(
            """
            UPDATE webhooks SET next_attempt_at = created_at
            WHERE charge_id = (SELECT id FROM charges WHERE idempotency_key = @key) AND attempts = @attempts
            """,
            new { key, attempts });
    }

    private async Task PretendAttempts(string key, int attempts)
    {
        await using var books = new NpgsqlConnection(_merchant.Database);
        await books.ExecuteAsync(
            """
            UPDATE webhooks SET attempts = @attempts, next_attempt_at = created_at
            WHERE charge_id = (SELECT id FROM charges WHERE idempotency_key = @key)
            """,
            new { key, attempts });
    }

    /// <summary>Waits for an attempt, and gives when the next one is to be.</summary>
    private async Task<DateTimeOffset?> AfterAttempt(string key, int attempt)
    {
        await using var books = new NpgsqlConnection(_merchant.Database);
        Assert.That(
            async () => await books.QuerySingleAsync<int>(
                "SELECT webhooks.attempts FROM webhooks JOIN charges ON charges.id = charge_id WHERE idempotency_key = @key", new { key }),
            Is.EqualTo(attempt).After(PatienceMs, 20));
        return await NextAttempt(key);
    }

    private async Task<DateTimeOffset?> NextAttempt(string key)
    {
        await using var books = new NpgsqlConnection(_merchant.Database);
        var next = await books.QuerySingleAsync<DateTime?>(
            "SELECT next_attempt_at FROM webhooks JOIN charges ON charges.id = charge_id WHERE idempotency_key = @key", new { key });
        return next is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
    }

    private async Task<int> Pending()
    {
        await using var books = new NpgsqlConnection(_merchant.Database);
        return await books.QuerySingleAsync<int>(
            "SELECT count(*) FROM webhooks JOIN charges ON charges.id = charge_id WHERE idempotency_key LIKE 'crowd-%' AND next_attempt_at "
                + "IS NOT NULL");
    }
}
