using System.Net;
using System.Net.Sockets;
using ShopSaga.Local.Commands;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Processes;

namespace ShopSaga.Tests.Unit.Local;

public class When_ports_are_chosen
{
    [Test]
    public void Should_say_which_port_is_taken_and_what_to_do()
    {
        var (ports, claim) = Ports.FindFree();
        using var reserved = claim;
        using var stranger = new TcpListener(IPAddress.Loopback, ports.Redis);
        stranger.Start();

        Assert.That(
            () => ports.EnsureFree([]),
            Throws.TypeOf<CannotStartException>().With.Message.Contains($"Port {ports.Redis}, meant for Redis, is taken")
                .And.Message.Contains("--base-port"));
    }

    [Test]
    public void Should_not_give_the_same_free_ports_to_two_stacks()
    {
        var (first, firstClaim) = Ports.FindFree();
        var (second, secondClaim) = Ports.FindFree();
        firstClaim.Dispose();
        secondClaim.Dispose();

        Assert.That(Math.Abs(first.Base - second.Base), Is.GreaterThanOrEqualTo(Topology.PortsPerStack));
    }

    [TestCase(null, ExpectedResult = 8080)]
    [TestCase("9000", ExpectedResult = 9000)]
    [TestCase("auto", ExpectedResult = null)]
    public int? Should_read_a_base_port(string? text) => StackArguments.ParseBasePort(text);

    [TestCase("80")]
    [TestCase("65530")]
    [TestCase("-1")]
    [TestCase("eighty")]
    public void Should_reject_an_invalid_base_port(string text) =>
        Assert.That(() => StackArguments.ParseBasePort(text), Throws.TypeOf<CannotStartException>().With.Message.Contains(text));
}
