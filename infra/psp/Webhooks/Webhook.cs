using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ShopSaga.Psp.Charging;
using ShopSaga.Psp.Refunding;

namespace ShopSaga.Psp.Webhooks;

/// <summary>An event for the merchant: a type such as <c>charge.succeeded</c>, and the charge or refund as a look-up returns it.</summary>
internal sealed record Webhook(string Id, string Type, DateTimeOffset CreatedAt, object Data)
{
    public const string SignatureHeader = "Psp-Signature";

    public static Webhook Of(DueWebhook due, Charge charge) => new($"evt_{due.Id:N}", due.Type, due.CreatedAt, charge);

    public static Webhook Of(DueWebhook due, Refund refund) => new($"evt_{due.Id:N}", due.Type, due.CreatedAt, refund);

    /// <summary>
    /// The request, signed anew for each attempt: <c>t=UNIX-SECONDS,v1=HEX</c>, the HMAC-SHA256 of <c>UNIX-SECONDS.BODY</c>.
    /// </summary>
    public HttpRequestMessage Signed(Uri address, string secret, DateTimeOffset now)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{timestamp}."), .. body];
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed);
        return new HttpRequestMessage(HttpMethod.Post, address)
        {
            Headers = { { SignatureHeader, $"t={timestamp},v1={Convert.ToHexStringLower(signature)}" } },
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } },
        };
    }
}

/// <summary>A row of <c>webhooks</c> that is due.</summary>
internal sealed record DueWebhook(Guid Id, string Type, DateTimeOffset CreatedAt, int Attempts, long? ChargeId, long? RefundId);
