using ShopSaga.Hosting;
using ShopSaga.Local.Layout;
using ShopSaga.Local.Running;

namespace ShopSaga.Tests.Unit.Hosting;

[TestFixture]
internal sealed class When_secrets_are_configured
{
    private string _file = "";

    [SetUp]
    public void Write() => File.WriteAllText(_file = Path.GetTempFileName(), "from a file\n");

    [TearDown]
    public void Remove() => File.Delete(_file);

    [Test]
    public void Should_be_read_from_files() =>
        Assert.That(Start($"--Provider:ApiKey_FILE={_file}").Configuration["Provider:ApiKey"], Is.EqualTo("from a file"));

    [Test]
    public void Should_not_be_given_twice() =>
        Assert.That(
            () => Start($"--Provider:ApiKey_FILE={_file}", "--Provider:ApiKey=5ebe2294"),
            Throws.InvalidOperationException.With.Message.Contains("Provider:ApiKey").And.Message.Not.Contains("5ebe2294"));

    [TestCase("/nowhere/at/all")]
    [TestCase("")]
    public void Should_name_the_file_that_cannot_be_read(string file) =>
        Assert.That(() => Start($"--Provider:ApiKey_FILE={file}"), Throws.InvalidOperationException.With.Message.Contains($"'{file}'"));

    [TestCase("ConnectionStrings:Database", "Host=db;Username=orders;Password=local-0123456789")]
    [TestCase("ConnectionStrings:Database", "Host=db;Username=postgres;Password=postgres")]
    [TestCase("ConnectionStrings:Schema", "Host=db;Username=orders;Password=local-0123456789")]
    [TestCase("ConnectionStrings:Broker", "amqp://guest:guest@broker/")]
    [TestCase("ConnectionStrings:Broker", "amqp://orders:local%2D0123456789@broker/")]
    [TestCase("ConnectionStrings:Broker", "amqp://broker/")]
    [TestCase("ConnectionStrings:Broker", "host=broker;userName=orders;password=local-0123456789")]
    [TestCase("ConnectionStrings:Broker", "host=broker")]
    [TestCase("ConnectionStrings:Redis", "redis:6379,password=local-0123456789,ssl=true")]
    [TestCase("Admin:Password", "local-admin-password")]
    [TestCase("Admin:Password", "ChangeMe")]
    [TestCase("Provider:ApiKey", "local-0123456789")]
    [TestCase("Provider:WebhookSecret", "local-0123456789")]
    [TestCase("Webhooks:Secret", "local-0123456789")]
    [TestCase("Internal:Key", "local-0123456789")]
    [TestCase("Payments:Key", "local-0123456789")]
    [TestCase("Signing:EncryptionKey", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [TestCase("Signing:EncryptionKey", "bG9jYWwtMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU=")]
    public void Should_not_be_those_of_a_development_machine_in_production(string key, string value)
    {
        Assert.That(() => Start($"--{key}={value}", "--environment=Development"), Throws.Nothing);
        Assert.That(() => Start($"--{key}={value}", "--environment=Local"), Throws.Nothing);
        Assert.That(
            () => Start($"--{key}={value}", "--environment=Production"),
            Throws.InvalidOperationException.With.Message.Contains(key).And.Message.Not.Contains(value));
    }

    [TestCase("ConnectionStrings:Database", "Host=db;Username=orders;Password=0b5e6c1a")]
    [TestCase("ConnectionStrings:Database", "Host=db;Username=orders;SSL Certificate=orders.pem")]
    [TestCase("ConnectionStrings:Broker", "amqps://orders:0b5e6c1a@broker/")]
    [TestCase("ConnectionStrings:Broker", "host=broker;userName=orders;password=0b5e6c1a;useTls=true")]
    [TestCase("ConnectionStrings:Redis", "redis:6379")]
    [TestCase("ConnectionStrings:Redis", "redis:6379,password=0b5e6c1a")]
    [TestCase("Signing:EncryptionKey", "pOJzL1yAxMm0J0b7ZKN1w6YHq8xRrQm8o5P8mXnGf1A=")]
    public void Should_be_taken_in_production_when_they_are_its_own(string key, string value) =>
        Assert.That(() => Start($"--{key}={value}", "--environment=Production"), Throws.Nothing);

    [Test]
    public void Should_be_known_to_be_a_development_machines_when_the_launcher_makes_them_up()
    {
        var secrets = Topology.Services.SelectMany(service => ServiceSecrets.Of(service, _ => $"local-{new string('0', 32)}")).ToList();

        Assert.That(secrets, Is.Not.Empty);
        foreach (var (setting, value) in secrets)
        {
            var key = setting.Replace("__", ":");
            Assert.That(() => Start($"--{key}={value}", "--environment=Production"), Throws.InvalidOperationException, key);
        }
    }

    private static Microsoft.AspNetCore.Builder.WebApplicationBuilder Start(params string[] settings) =>
        WebDefaults.CreateBuilder(settings);
}
