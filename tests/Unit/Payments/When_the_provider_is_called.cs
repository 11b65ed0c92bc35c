using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using ShopSaga.Payments.Lifecycle;
using ShopSaga.Payments.Provider;

namespace ShopSaga.Tests.Unit.Payments;

internal sealed class When_the_provider_is_called : IDisposable
{
    private static readonly Payment Payment = new(
        5, 17, 7, 3000, "CARD", PaymentStatus.COMPLETED, OrderCancelled: false, ChargesSent: 1,
        ChargeId: 42, CreatedAt: default, CompletedAt: default);
    private readonly Counterpart _provider = new();
    private readonly HttpClient _http;
    private readonly PaymentProvider _client;

    public When_the_provider_is_called()
    {
        _http = new HttpClient(_provider) { BaseAddress = new Uri("http://psp/") };
        _client = new PaymentProvider(_http, TimeSpan.FromMilliseconds(200), TimeProvider.System, NullLogger<PaymentProvider>.Instance);
    }

    public void Dispose()
    {
        _http.Dispose();
        _provider.Dispose();
    }

    [Test]
    public async Task Should_ask_with_one_key_for_the_charge_of_an_order_and_one_for_the_refund_of_a_payment()
    {
        _provider.Answer = _ =>
            Json(new { id = 42, status = "CHARGED", chargedAt = "2025-11-22T03:00:00Z", refundedAt = "2025-11-22T03:00:00Z" });

        await _client.Charge(Payment, CancellationToken.None);
        await _client.Void(Payment.ChargeKey, CancellationToken.None);
        await _client.Refund(Payment, 3000, Payment.RefundKey, CancellationToken.None);

        Assert.That(_provider.Requests, Is.EqualTo(new[]
        {
            """POST /charges order-17 {"amount":3000,"paymentMethod":"CARD","reference":"order-17"}""",
            "POST /charges/void order-17 ",
            """POST /charges/42/refunds refund-5 {"amount":3000}""",
        }));
    }

    [Test]
    public async Task Should_not_know_whether_the_money_was_taken_when_no_answer_comes_in_time()
    {
        _provider.IsSilent = true;

        Assert.That(await _client.Charge(Payment, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Should_not_open_the_circuit_because_charges_get_no_answer()
    {
        _provider.IsSilent = true;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _client.Charge(Payment, CancellationToken.None)));

        Assert.That(await _client.Charge(Payment, CancellationToken.None), Is.Null);
        Assert.That(_provider.Requests, Has.Count.EqualTo(51));
    }

    [Test]
    public async Task Should_fail_when_anything_else_gets_no_answer_in_time()
    {
        _provider.IsSilent = true;

        await Assert.ThatAsync(() => _client.Void("order-17", CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
        await Assert.ThatAsync(
            () => _client.Refund(Payment, 3000, Payment.RefundKey, CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
        await Assert.ThatAsync(() => _client.Find("order-17", CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
    }

    [Test]
    public async Task Should_repeat_only_a_look_up()
    {
        _provider.Answer = _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);

        await Assert.ThatAsync(() => _client.Charge(Payment, CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
        Assert.That(_provider.Requests, Has.Count.EqualTo(1));
        await Assert.ThatAsync(() => _client.Find("order-17", CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
        Assert.That(_provider.Requests, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Should_leave_a_provider_alone_that_fails_and_fails()
    {
        _provider.Answer = _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        for (var call = 0; call < 20; call++)
        {
            await Assert.ThatAsync(() => _client.Charge(Payment, CancellationToken.None), Throws.TypeOf<ProviderUnavailableException>());
        }

        await Assert.ThatAsync(
            () => _client.Charge(Payment, CancellationToken.None),
            Throws.TypeOf<ProviderUnavailableException>().With.InnerException.TypeOf<BrokenCircuitException>());
        Assert.That(_provider.Requests, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task Should_not_ask_again_what_is_refused()
    {
        _provider.Answer = _ => new HttpResponseMessage(HttpStatusCode.UnprocessableEntity) { Content = new StringContent("key reused") };

        await Assert.ThatAsync(
            () => _client.Charge(Payment, CancellationToken.None),
            Throws.TypeOf<ProviderRefusedException>().With.Message.Contains("order-17").And.Message.Contains("422 key reused"));
    }

    [Test]
    public async Task Should_stop_when_the_endpoint_stops()
    {
        _provider.IsSilent = true;
        using var stop = new CancellationTokenSource();
        var charging = _client.Charge(Payment, stop.Token);
        await stop.CancelAsync();

        await Assert.ThatAsync(() => charging, Throws.InstanceOf<OperationCanceledException>());
    }

    private static HttpResponseMessage Json(object body) => new(HttpStatusCode.Created) { Content = JsonContent.Create(body) };

    /// <summary>The provider's side of the line.</summary>
    private sealed class Counterpart : HttpMessageHandler
    {
        public Func<HttpRequestMessage, HttpResponseMessage> Answer { get; set; } = _ => Json(new { items = Array.Empty<object>() });

        public bool IsSilent { get; set; }

        public List<string> Requests { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var key = request.Headers.GetValues("Idempotency-Key").Single();
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            lock (Requests)
            {
                Requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery} {key} {body}");
            }

            if (IsSilent)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Answer(request);
        }
    }
}
