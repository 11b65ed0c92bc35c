using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ShopSaga.Fuzz;

/// <summary>
/// Replayed, late and altered webhooks, and malformed ones with a valid signature.
/// </summary>
internal sealed class Webhooks(Target target, World world)
{
    private readonly byte[] _secret = Encoding.UTF8.GetBytes(target.Secrets()["provider-webhooks"]);

    /// <summary>The webhooks with the correct responses.</summary>
    public IEnumerable<HostileRequest> All()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var (order, payment) = ($"order-{world.Victim.OrderId}", world.Victim.PaymentId);
        var data = $$$"""{"id":{{{payment}}},"idempotencyKey":"{{{order}}}","amount":2000,"chargedAt":"2025-01-31T00:00:00Z"}""";
        var charged = $$"""{"id":"evt-fuzz-1","type":"charge.succeeded","data":{{data}}}""";
        var declined = charged.Replace("charge.succeeded", "charge.declined", StringComparison.Ordinal)
            .Replace("evt-fuzz-1", "evt-fuzz-2", StringComparison.Ordinal);
        var refunded = charged.Replace("charge.succeeded", "refund.succeeded", StringComparison.Ordinal)
            .Replace("evt-fuzz-1", "evt-fuzz-3", StringComparison.Ordinal)
            .Replace("chargedAt", "refundedAt", StringComparison.Ordinal);
        foreach (var body in new[] { charged, declined, refunded })
        {
            for (var times = 0; times < 10; times++)
            {
                yield return Webhook("a webhook sent again", body, Signature(now, body), 204);
            }

            yield return Webhook("a webhook sent late", body, Signature(now - 400, body), 401);
            yield return Webhook("a webhook of the future", body, Signature(now + 400, body), 401);
            yield return Webhook(
                "a webhook that was changed", body.Replace("2000", "1", StringComparison.Ordinal), Signature(now, body), 401);
            yield return Webhook(
                "a webhook of another time",
                body,
                Signature(now - 1, body).Replace($"t={now - 1}", $"t={now}", StringComparison.Ordinal),
                401);
            yield return Webhook("a webhook signed twice", body, Signature(now, body) + "," + Signature(now, body), 401);
            yield return Webhook("a webhook without its signature", body, null, 401);
        }

        // A valid signature proves the provider. A malformed body must still be rejected, without a server error.
        foreach (var text in HostileValues.Bodies.Select(Encoding.UTF8.GetString).Where(text => text.Length < 60_000).Concat(
            HostileValues.Json.Select(value => charged.Replace("2000", value, StringComparison.Ordinal))))
        {
            yield return Webhook("a webhook that is signed, and nonsense", text, Signature(now, text), 204, 400);
        }
    }

    private static HostileRequest Webhook(string kind, string body, string? signature, params int[] expected) =>
        new(kind, RouteTable.Documented.Single(route => route.Path == "/webhooks/psp"))
        {
            Method = "POST",
            Target = "/webhooks/psp",
            Headers = [("Content-Type", "application/json"), .. signature is null ? [] : new[] { ("Psp-Signature", signature) }],
            Body = Encoding.UTF8.GetBytes(body),
            Expected = expected,
        };

    private string Signature(long seconds, string body) => string.Create(
        CultureInfo.InvariantCulture,
        $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(
            _secret, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.{body}"))))}");
}
