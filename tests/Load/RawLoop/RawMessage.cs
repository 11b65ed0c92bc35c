using System.Text.Json;

namespace ShopSaga.Load.RawLoop;

/// <summary>A message of the raw loop.</summary>
/// <param name="Id">By which it is recognised when it is delivered again.</param>
/// <param name="Address">Its routing key.</param>
/// <param name="Body">JSON.</param>
internal sealed record RawMessage(Guid Id, string Address, byte[] Body)
{
    /// <summary>A new message with an id of its own.</summary>
    public static RawMessage To(string address, object content) =>
        new(Guid.CreateVersion7(), address, JsonSerializer.SerializeToUtf8Bytes(content));

    /// <summary>An event, whose type is its routing key.</summary>
    public static RawMessage Of<T>(T content)
        where T : notnull => To(typeof(T).Name, content);
}
