using System.Buffers.Binary;
using System.Text;

namespace ShopSaga.Bus.ServiceControl;

/// <summary>
/// The binary form of measured values, as ServiceControl's monitoring reads it; little-endian throughout:
/// <code>
///   int64 version = 1 │ int64 ticks of the first value
///   int32 number of tags   │ for each: int32 key, from 1 │ int32 length │ UTF-8
///   int32 number of values │ for each: int32 ticks after the first │ int32 key of its tag │ int64 value
/// </code>
/// </summary>
internal static class TaggedValuesV1
{
    public const string ContentType = "TaggedLongValueWriterOccurrence";
    private const int ValueSize = sizeof(int) + sizeof(int) + sizeof(long);

    /// <summary>
    /// How many of the values, which are in order of time, fit into one message: their offsets have 31 bits, about 3.5 minutes.
    /// </summary>
    public static int Fitting(ReadOnlySpan<TaggedValue> values)
    {
        var count = 0;
        while (count < values.Length && values[count].UtcTicks - values[0].UtcTicks <= int.MaxValue)
        {
            count++;
        }

        return count;
    }

    /// <param name="values">At least one; in order of time, and no more than fit.</param>
    public static byte[] Write(ReadOnlySpan<TaggedValue> values)
    {
        var keys = new Dictionary<string, int>();
        foreach (var value in values)
        {
            keys.TryAdd(value.Tag, keys.Count + 1);
        }

        var tags = keys.Select(tag => (tag.Value, Text: Encoding.UTF8.GetBytes(tag.Key))).ToList();
        var tagsSize = tags.Sum(tag => sizeof(int) + sizeof(int) + tag.Text.Length);
        var body = new byte[sizeof(long) + sizeof(long) + sizeof(int) + tagsSize + sizeof(int) + (values.Length * ValueSize)];
        var rest = body.AsSpan();
        Put(ref rest, 1L);
        Put(ref rest, values[0].UtcTicks);
        Put(ref rest, tags.Count);
        foreach (var (key, text) in tags)
        {
            Put(ref rest, key);
            Put(ref rest, text.Length);
            text.CopyTo(rest);
            rest = rest[text.Length..];
        }

        Put(ref rest, values.Length);
        foreach (var value in values)
        {
            Put(ref rest, checked((int)(value.UtcTicks - values[0].UtcTicks)));
            Put(ref rest, keys[value.Tag]);
            Put(ref rest, value.Value);
        }

        return body;
    }

    private static void Put(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, value);
        rest = rest[sizeof(int)..];
    }

    private static void Put(ref Span<byte> rest, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(rest, value);
        rest = rest[sizeof(long)..];
    }
}
