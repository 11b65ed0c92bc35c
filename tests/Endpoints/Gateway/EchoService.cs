using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Tests.Endpoints.Gateway;

/// <summary>One instance of a service behind the gateway, which answers with what it was sent.</summary>
internal sealed class EchoService : IAsyncDisposable
{
    private readonly int _number;
    private WebApplication _app;
    private volatile TaskCompletionSource? _frozen;

    private EchoService(int number, string address) => (_number, _app) = (number, Build(number, address, this));

    public string Address => _app.Urls.Single();

    public static async Task<EchoService> Start(int number)
    {
        var service = new EchoService(number, "http://127.0.0.1:0");
        await service._app.StartAsync();
        return service;
    }

    public Task Stop() => _app.StopAsync();

    /// <summary>Accepts connections, and answers nothing.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource();

    public void Thaw() => (_frozen, _) = (null, _frozen?.TrySetResult());

    /// <summary>At the same address.</summary>
    public async Task StartAgain()
    {
        var address = Address;
        await _app.DisposeAsync();
        _app = Build(_number, address, this);
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static WebApplication Build(int number, string address, EchoService service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(address);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (service._frozen is { } frozen)
            {
                await frozen.Task.WaitAsync(context.RequestAborted);
            }

            await next(context);
        });
        app.MapGet("/health/ready", () => "ready");
        app.MapGet("/products/404", () => TypedResults.Problem(statusCode: 404, type: "/problems/not-found", detail: "from the service"));
        app.MapGet("/products/503", (HttpContext context) => context.Abort());
        app.MapGet("/products/504", (CancellationToken gone) => Task.Delay(Timeout.Infinite, gone));
        app.MapGet("/orders/{id:long}/events", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: status\nid: 1\ndata: {}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        app.MapFallback("{*path}", async (HttpRequest request) => TypedResults.Ok(new
        {
            Instance = number,
            request.Method,
            Path = request.Path.Value,
            Query = request.QueryString.Value,
            Headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            Body = await new StreamReader(request.Body).ReadToEndAsync(),
        }));
        return app;
    }
}
