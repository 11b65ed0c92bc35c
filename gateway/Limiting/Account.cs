using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Text;

namespace ShopSaga.Gateway.Limiting;

/// <summary>The account whose password a request tries or sets.</summary>
internal static class Account
{
    // Registration refuses longer addresses, so they have no account.
    private const int MaxEmailLength = 254;

    /// <summary>The account of the caller where the route requires one; otherwise the account named in the body.</summary>
    public static async Task<string?> Of(HttpContext context)
    {
        if (context.GetEndpoint()!.Metadata.GetMetadata<IAuthorizeData>() is null)
        {
            return await Read(context.Request, context.RequestAborted);
        }

        return context.User.FindFirstValue("email") is { } email ? EmailIdentity.Of(email) : null;
    }

    /// <summary>Reads the body and leaves it to be read again. Null when the body has no address, which the service refuses.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, too slow, or not declared as JSON.</exception>
    private static async Task<string?> Read(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadBytes(request, cancellationToken);
        request.Body = new MemoryStream(body.ToArray(), writable: false);
        return EmailIn(body) is { Length: <= MaxEmailLength } email ? EmailIdentity.Of(email) : null;
    }

    private static string? EmailIn(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(JsonBody.WithoutByteOrderMark(body));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("email", out var email)
                && email.ValueKind == JsonValueKind.String
                    ? email.GetString()
                    : null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
