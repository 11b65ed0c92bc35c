using System.Buffers.Binary;

namespace ShopSaga.Bus;

/// <summary>Random ids whose last six bytes grow with time, so that rows and index pages written together lie together.</summary>
internal static class CombGuid
{
    private static readonly DateTime Epoch = new(1900, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static Guid New(TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        Span<byte> bytes = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[10..], (ushort)(now - Epoch).Days);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], (uint)(now.TimeOfDay.TotalMilliseconds / 3.333333));
        return new Guid(bytes);
    }
}
