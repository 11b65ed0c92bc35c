using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Gateway.Limiting;

/// <summary>Whose account a request is about that tries or chooses a password.</summary>
internal static class Account
{
    // Longer ones have no account: registering refuses them.
    private const int LongestEmail = 254;

    /// <summary>That of whoever is logged in, where somebody must be; else the one that the body names.</summary>
    public static async Task<string?> Of(HttpContext context)
    {
        if (context.GetEndpoint()!.Metadata.GetMetadata<IAuthorizeData>() is null)
        {
            return await Read(context.Request, context.RequestAborted);
        }

        return context.User.FindFirstValue("email") is { } email ? WithoutCase(email) : null;
    }

    /// <summary>Reads the body, and leaves it to be read again. Null when there is no address in it: the service will refuse it.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, too slow, or not declared as JSON.</exception>
    private static async Task<string?> Read(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadBytes(request, cancellationToken);
        request.Body = new MemoryStream(body.ToArray(), writable: false);
        return EmailIn(body) is { Length: <= LongestEmail } email ? WithoutCase(email) : null;
    }

    /// <summary>Two addresses that PostgreSQL's lower() makes equal are equal here, too: no spelling gets a quota of its own.</summary>
    public static string WithoutCase(string email) => email.ToLowerInvariant().Replace('\u0130', 'i');

    private static string? EmailIn(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
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
