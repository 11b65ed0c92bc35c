using System.Reflection;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Psp;

/// <summary>The header <c>Idempotency-Key</c>: 1 to 255 visible ASCII characters, required.</summary>
internal sealed record IdempotencyKey(string Value)
{
    private const string Header = "Idempotency-Key";

    public static ValueTask<IdempotencyKey?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        context.Request.Headers[Header] is [{ Length: >= 1 and <= 255 } value] && value.All(character => character is > ' ' and <= '~')
            ? ValueTask.FromResult<IdempotencyKey?>(new IdempotencyKey(value))
            : throw new InvalidRequestException(Header, "must be given, with 1 to 255 visible ASCII characters.");

    /// <summary>The query parameter <c>idempotencyKey</c> of a look-up.</summary>
    public static string InQuery(HttpRequest request) =>
        request.Text("idempotencyKey", max: 255) ?? throw new InvalidRequestException("idempotencyKey", "is required.");
}
