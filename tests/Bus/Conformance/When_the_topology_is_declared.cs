using System.Text.Json.Nodes;
using ShopSaga.Tests.Bus.Support;

namespace ShopSaga.Tests.Bus.Conformance;

/// <summary>The broker holds what NServiceBus declared for the same two endpoints, with the same arguments, and nothing more.</summary>
public class When_the_topology_is_declared
{
    [Test]
    public async Task Should_have_the_same_exchanges() => AssertSame(
        "exchanges",
        from exchange in await Management.List("exchanges/%2F")
        select $"{exchange["name"]} | {exchange["type"]} | {exchange["durable"]} | {exchange["auto_delete"]} | {exchange["internal"]} | "
            + $"{Arguments(exchange)}");

    [Test]
    public async Task Should_have_the_same_queues() => AssertSame(
        "queues",
        from queue in await Management.List("queues/%2F")
        select $"{queue["name"]} | {queue["type"]} | {queue["durable"]} | {queue["exclusive"]} | {queue["auto_delete"]} | "
            + $"{Arguments(queue)} | None");

    [Test]
    public async Task Should_have_the_same_bindings() => AssertSame(
        "bindings",
        from binding in await Management.List("bindings/%2F")
        where $"{binding["source"]}".Length > 0
        select $"{binding["source"]} -> {binding["destination_type"]} {binding["destination"]} | '{binding["routing_key"]}' | "
            + $"{Arguments(binding)}");

    private static void AssertSame(string section, IEnumerable<string> onBroker)
    {
        var here = onBroker.Select(InSamples).Where(IsOfScenario).Order().ToList();
        var sampled = Samples.Topology(section).Select(line => line.ToLowerInvariant()).Where(IsOfScenario).Order().ToList();
        Assert.That(here, Is.EqualTo(sampled));
    }

    private static string InSamples(string line) => SmokeSystem.Names.InSamples
        .Aggregate(line, (text, name) => text.Replace(name.Key, name.Value, StringComparison.Ordinal)).ToLowerInvariant();

    /// <summary>Other tests have entities of their own on the broker, bound to the shared ones.</summary>
    private static bool IsOfScenario(string line) =>
        new[] { "smoke.", "audit ", "error ", "nsb.v2.delay" }.Any(prefix => line.StartsWith(prefix, StringComparison.Ordinal))
        && !line.Contains("amq.gen", StringComparison.Ordinal)
        && (!line.StartsWith("nsb.v2.delay-delivery ->", StringComparison.Ordinal) || line.Contains("smoke.", StringComparison.Ordinal));

    private static string Arguments(JsonObject entity) => "{" + string.Join(
        ", ",
        from argument in entity["arguments"]!.AsObject()
        orderby argument.Key
        select $"\"{argument.Key}\": {argument.Value!.ToJsonString()}") + "}";
}
