using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Tests.Unit.Payments;

/// <summary>On real connections: whether a request may have reached the provider, and how many there are at once.</summary>
internal sealed class When_a_call_needs_a_connection : IDisposable
{
    private const string Charged = """{"id":42,"status":"CHARGED","amount":3000,"chargedAt":"2025-11-22T03:00:00Z","items":[]}""";
    private static readonly Payment Payment = new(
        5, 17, 7, 3000, "CARD", PaymentStatus.PENDING, OrderCancelled: false, ChargesSent: 1,
        ChargeId: null, CreatedAt: default, CompletedAt: null);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<IDisposable> _opened = [];

    public void Dispose()
    {
        _listener.Dispose();
        _opened.ForEach(opened => opened.Dispose());
    }

    [Test]
    public async Task Should_know_that_nothing_was_sent_when_the_connection_is_refused()
    {
        _listener.Start();
        var client = Client();
        _listener.Stop();

        Assert.That((await FailureOf(client)).MayHaveBeenSent, Is.False);
    }

    [Test]
    public async Task Should_know_that_nothing_was_sent_when_there_is_no_such_host() =>
        Assert.That((await FailureOf(Client("http://provider.invalid"))).MayHaveBeenSent, Is.False);

    [Test]
    public async Task Should_know_that_nothing_was_sent_when_no_connection_is_made_in_time()
    {
        _listener.Start(backlog: 0);
        await FillBacklog();

        Assert.That((await FailureOf(Client(timeout: 2))).MayHaveBeenSent, Is.False);
    }

    [Test]
    public async Task Should_not_know_whether_it_was_taken_when_the_provider_breaks_off()
    {
        _listener.Start();
        var failing = FailureOf(Client());
        using (var connection = await _listener.AcceptTcpClientAsync())
        {
            await ReadRequest(connection);
        }

        Assert.That((await failing).MayHaveBeenSent, Is.True);
    }

    [Test]
    public async Task Should_not_know_whether_it_was_taken_when_the_provider_breaks_off_on_a_connection_used_before_and_is_gone()
    {
        _listener.Start();
        var client = Client();
        var first = client.Charge(Payment, CancellationToken.None);
        using (var connection = await _listener.AcceptTcpClientAsync())
        {
            await ReadRequest(connection);
            await Answer(connection);
            await first;
            _listener.Stop();
            var failing = FailureOf(client);
            await ReadRequest(connection);
            connection.Close();

            Assert.That((await failing).MayHaveBeenSent, Is.True);
        }
    }

    [Test]
    public async Task Should_not_call_more_often_at_once_than_there_are_connections()
    {
        _listener.Start();
        var client = Client(timeout: 60);
        var calls = Enumerable.Range(0, 3 * ProviderSettings.MaxConnections)
            .Select(_ => client.Charge(Payment, CancellationToken.None))
            .ToList();
        var connections = new List<TcpClient>();
        while (connections.Count < ProviderSettings.MaxConnections)
        {
            connections.Add(Kept(await _listener.AcceptTcpClientAsync()));
        }

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(connections.Select(ReadRequest));
            Assert.That(_listener.Pending(), Is.False);
            await Task.WhenAll(connections.Select(Answer));
        }

        Assert.That((await Task.WhenAll(calls)).Select(charge => charge!.Id), Has.All.EqualTo(42));
    }

    private PaymentProvider Client(string? address = null, double timeout = 20)
    {
        var settings = new ProviderSettings(
            new Uri($"{address ?? $"http://{_listener.LocalEndpoint}"}/"), "key", TimeSpan.FromSeconds(timeout));
        return new PaymentProvider(
            Kept(settings.CreateClient()), settings.Timeout, TimeProvider.System, NullLogger<PaymentProvider>.Instance);
    }

    private static async Task<ProviderUnavailableException> FailureOf(PaymentProvider client)
    {
        try
        {
            await client.Charge(Payment, CancellationToken.None);
        }
        catch (ProviderUnavailableException unavailable)
        {
            return unavailable;
        }

        throw new AssertionException("The provider was there.");
    }

    /// <summary>Connects until no further connection is accepted.</summary>
    private async Task FillBacklog()
    {
        while (true)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));
            try
            {
                await Kept(new TcpClient()).ConnectAsync((IPEndPoint)_listener.LocalEndpoint, patience.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private T Kept<T>(T opened)
        where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    private static async Task ReadRequest(TcpClient connection)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (!received.ToString().Contains("\"reference\":\"order-17\"}", StringComparison.Ordinal))
        {
            var length = await connection.GetStream().ReadAsync(buffer);
            Assert.That(length, Is.Positive);
            received.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }
    }

    private static async Task Answer(TcpClient connection) => await connection.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
        $"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {Charged.Length}\r\n\r\n{Charged}"));
}
