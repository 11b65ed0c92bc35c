using System.Net;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using ShopSaga.Hosting;
using ShopSaga.Web.Sessions;

namespace ShopSaga.Tests.Browser.Support;

/// <summary>Answers by the beginning of the path, for a visitor without an account; whatever has no answer is unavailable.</summary>
internal sealed class StandInGateway(Dictionary<string, string> answers) : HttpMessageHandler, IHttpClientFactory
{
    /// <summary>Lets the components of a context call it.</summary>
    public static void Answer(BunitContext context, Dictionary<string, string> answers)
    {
        context.AddAuthorization();
        context.Services.AddHttpContextAccessor();
        context.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        context.Services.AddSingleton(TimeProvider.System);
        context.Services.AddSingleton(_ => new RedisConnection("127.0.0.1:1"));
        context.Services.AddSingleton<IHttpClientFactory>(new StandInGateway(answers));
        context.Services.AddSingleton<SessionStore>();
        context.Services.AddSingleton<Renewal>();
        context.Services.AddScoped<Visitor>();
        context.Services.AddScoped<ShopApi>();
        context.SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { BaseAddress = new Uri("http://gateway/") };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var answer = answers.FirstOrDefault(each => path.StartsWith(each.Key, StringComparison.Ordinal)).Value;
        return Task.FromResult(answer is null
            ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)
            : new HttpResponseMessage { Content = new StringContent(answer, System.Text.Encoding.UTF8, "application/json") });
    }
}
