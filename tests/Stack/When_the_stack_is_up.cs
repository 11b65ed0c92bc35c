using System.Globalization;
using System.Text.Json.Nodes;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;
using ShopSaga.Local.Servers;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

public class When_the_stack_is_up
{
    private const int KiB = 1024;
    private const long Limit = 1536L * KiB * KiB;

    [Test]
    public async Task Should_take_less_than_one_and_a_half_GiB_of_memory_with_orders_under_way()
    {
        using var load = await OrderLoad.Start(orders: 40);
        await load.WaitUntilUnderWay();

        var memory = RunningSystem.Stack.Processes.ToDictionary(part => part.Name, part => Memory(part.Pid!.Value));

        foreach (var (part, bytes) in memory.OrderByDescending(part => part.Value))
        {
            await TestContext.Out.WriteLineAsync($"{bytes / KiB / KiB,5} MiB  {part}");
        }

        await TestContext.Out.WriteLineAsync($"{memory.Values.Sum() / KiB / KiB,5} MiB  in all");
        Assert.That(memory.Values.Sum(), Is.LessThan(Limit));
        await load.WaitUntilFinal();
        await SystemInvariants.ShouldHold();
    }

    /// <summary>The name is the one that ServicePulse shows; the consumer's tag has it as well.</summary>
    [Test]
    public async Task Should_name_each_instance_and_its_host()
    {
        using var http = ManagementApi.Client(RunningSystem.Stack.BrokerManagementAddress!);
        var consumers = JsonNode.Parse(await http.GetStringAsync("api/consumers"))!.AsArray();

        Assert.Multiple(() =>
        {
            foreach (var endpoint in Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Assembly))
            {
                Assert.That(
                    consumers.Where(consumer => $"{consumer!["queue"]!["name"]}" == endpoint)
                        .Select(consumer => $"{consumer!["consumer_tag"]}"),
                    Is.EqualTo(new[] { $"{endpoint}@{Environment.MachineName} - {endpoint}" }));
            }
        });
    }

    /// <summary>Bytes of a process and all below it; what they share with others counts as their share of it.</summary>
    private static long Memory(int process) => Unix.DescendantsOf(process).Append(process).Sum(ProportionalSetSize);

    private static long ProportionalSetSize(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return KiB * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return 0;
        }
    }
}
