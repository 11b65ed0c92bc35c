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

        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body);
        writer.Write(1L);
        writer.Write(values[0].UtcTicks);
        writer.Write(keys.Count);
        foreach (var (tag, key) in keys)
        {
            var text = Encoding.UTF8.GetBytes(tag);
            writer.Write(key);
            writer.Write(text.Length);
            writer.Write(text);
        }

        writer.Write(values.Length);
        foreach (var value in values)
        {
            writer.Write(checked((int)(value.UtcTicks - values[0].UtcTicks)));
            writer.Write(keys[value.Tag]);
            writer.Write(value.Value);
        }

        return body.ToArray();
    }
}
