using System.Buffers.Binary;
using System.Buffers.Text;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// The requested page of a list, from <c>limit</c> and <c>cursor</c>. Fetch <see cref="Fetch"/> rows beyond <see cref="After"/> in the
/// order of a unique id, and answer with <see cref="Of"/>. Route parameters of this type are bound from the query.
/// </summary>
/// <param name="Limit">The largest number of items.</param>
/// <param name="After">The id of the last item the client has, or null at the start of the list.</param>
public sealed record Page(int Limit, long? After) : IEndpointParameterMetadataProvider
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    /// <summary>Rows to read: one more than the page holds, which shows whether another page follows.</summary>
    public int Fetch => Limit + 1;

    /// <summary>The page as a response.</summary>
    public ItemsOf<T> Of<T>(IReadOnlyList<T> rows, Func<T, long> id) => rows.Count > Limit
        ? new ItemsOf<T>([.. rows.Take(Limit)], Encode(id(rows[Limit - 1])))
        : new ItemsOf<T>(rows, null);

    /// <summary>Reads <c>limit</c> and <c>cursor</c>.</summary>
    public static ValueTask<Page?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var limit = (int)(context.Request.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        return ValueTask.FromResult<Page?>(new Page(limit, context.Request.Text("cursor") is { } cursor ? Decode(cursor) : null));
    }

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new QueryParameter("limit", "The largest number of items; 20 by default.") { Range = (1, MaxLimit) });
        builder.Metadata.Add(new QueryParameter("cursor", "The nextCursor of the previous page."));
    }

    internal static string Encode(long id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, id);
        return Base64Url.EncodeToString(bytes);
    }

    private static long Decode(string cursor)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        var isOurs = Base64Url.IsValid(cursor, out var length) && length == sizeof(long)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out _);
        var id = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return isOurs && id > 0 && Encode(id) == cursor
            ? id
            : throw new InvalidRequestException("cursor", "is not a cursor from a nextCursor.");
    }
}

/// <summary>A page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null at the end.</param>
public sealed record ItemsOf<T>(IReadOnlyList<T> Items, string? NextCursor);
