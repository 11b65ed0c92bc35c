using ShopSaga.Local.Servers;

namespace ShopSaga.Tests.Unit.Local;

[NonParallelizable]
public class When_addresses_of_servers_are_given
{
    private const string Variable = "SHOPSAGA_SERVICECONTROL";
    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);
    private string _file = null!;

    [SetUp]
    public void WriteFile()
    {
        _file = Path.GetTempFileName();
        File.WriteAllText(_file, "http://from-a-file:33333/api/\n");
        Environment.SetEnvironmentVariable(Variable, null);
        Environment.SetEnvironmentVariable($"{Variable}_FILE", _file);
    }

    [TearDown]
    public void Restore()
    {
        Environment.SetEnvironmentVariable($"{Variable}_FILE", null);
        Environment.SetEnvironmentVariable(Variable, _before);
        File.Delete(_file);
    }

    [Test]
    public void Should_be_read_from_files() =>
        Assert.That(ServerAddresses.FromEnvironment().ServiceControl, Is.EqualTo(new Uri("http://from-a-file:33333/api/")));

    [Test]
    public void Should_prefer_the_variable_to_the_file()
    {
        Environment.SetEnvironmentVariable(Variable, "http://from-the-variable:33333/api/");

        Assert.That(ServerAddresses.FromEnvironment().ServiceControl, Is.EqualTo(new Uri("http://from-the-variable:33333/api/")));
    }
}
