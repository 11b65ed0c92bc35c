using System.Text;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>Reads measured values as ServiceControl's monitoring does.</summary>
internal static class Metrics
{
    /// <summary>The values of one metric in all messages that report it.</summary>
    public static IReadOnlyList<(string Tag, long Value)> Of(IEnumerable<WireMessage> messages, string metric) =>
        [.. messages.Where(message => message.Headers.GetValueOrDefault("NServiceBus.Metric.Type") == metric)
            .SelectMany(message => Read(message.Body))];

    /// <summary>Message types that a metric has values of. Messages of the infrastructure have none.</summary>
    public static IEnumerable<string> TagsOf(IEnumerable<WireMessage> messages, string metric) =>
        Of(messages, metric).Select(value => value.Tag).Where(tag => tag.Length > 0).Distinct().Order();

    /// <summary>Reads a body to its last byte.</summary>
    public static IReadOnlyList<(string Tag, long Value)> Read(byte[] body)
    {
        using var reader = new BinaryReader(new MemoryStream(body));
        Assert.That(reader.ReadInt64(), Is.EqualTo(1), "version");
        var first = reader.ReadInt64();
        Assert.That(new DateTime(first, DateTimeKind.Utc).Year, Is.GreaterThan(2025));
        var tags = new Dictionary<int, string>();
        for (var rest = reader.ReadInt32(); rest > 0; rest--)
        {
            tags.Add(reader.ReadInt32(), Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())));
        }

        var values = new List<(string, long)>();
        var offset = 0;
        for (var rest = reader.ReadInt32(); rest > 0; rest--)
        {
            var next = reader.ReadInt32();
            Assert.That(next, Is.GreaterThanOrEqualTo(offset), "in order of time");
            offset = next;
            values.Add((tags[reader.ReadInt32()], reader.ReadInt64()));
        }

        Assert.That(tags.Keys, Has.All.GreaterThanOrEqualTo(1));
        Assert.That(reader.BaseStream.Position, Is.EqualTo(body.Length));
        return values;
    }
}
