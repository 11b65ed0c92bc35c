using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ShopSaga.Web.Shared;

namespace ShopSaga.Tests.Unit.Web;

public class When_an_instance_is_probed
{
    private readonly List<string> _asked = [];
    private readonly Queue<HttpStatusCode> _answers = [];

    [Test]
    public async Task Should_be_ready_once_its_first_pages_are_rendered()
    {
        var pages = FirstPage();

        Assert.That((await pages.CheckHealthAsync(new())).Status, Is.EqualTo(HealthStatus.Healthy));
        await pages.CheckHealthAsync(new());

        Assert.That(_asked, Is.EqualTo(new[] { "http://127.0.0.2:81/", "http://127.0.0.2:81/shop" }));
    }

    [Test]
    public async Task Should_not_be_ready_while_a_page_fails()
    {
        _answers.Enqueue(HttpStatusCode.InternalServerError);
        var pages = FirstPage();

        Assert.That((await pages.CheckHealthAsync(new())).Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That((await pages.CheckHealthAsync(new())).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    private FirstPage FirstPage()
    {
        var http = new DefaultHttpContext();
        (http.Connection.LocalIpAddress, http.Connection.LocalPort) = (IPAddress.Parse("127.0.0.2"), 81);
        return new FirstPage(new HttpContextAccessor { HttpContext = http }, new Clients(request =>
        {
            _asked.Add(request.RequestUri!.ToString());
            return new HttpResponseMessage(_answers.TryDequeue(out var status) ? status : HttpStatusCode.OK);
        }));
    }

    private sealed class Clients(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler, IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request));
    }
}
