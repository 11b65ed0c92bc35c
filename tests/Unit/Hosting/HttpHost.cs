using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using ShopSaga.Hosting;
using ShopSaga.Hosting.Http;
using ShopSaga.Hosting.Messaging;
using RangeAttribute = System.ComponentModel.DataAnnotations.RangeAttribute;

namespace ShopSaga.Tests.Unit.Hosting;

/// <summary>A service without a database, on a real web server, with routes that try out what hosting does for every service.</summary>
internal sealed class HttpHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpHost(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public static async Task<HttpHost> Start(TimeProvider? time = null, params string[] settings)
    {
        var builder = WebDefaults.CreateBuilder(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Error", .. settings]);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(EndpointSetup.BrokerUnavailable);
        var app = builder.Build();
        app.UseWebDefaults();
        app.MapPost("/things", (Thing thing) => TypedResults.Ok(thing));
        app.MapGet("/things", (Page page, HttpRequest request) => TypedResults.Ok(new
        {
            page.Limit,
            page.After,
            On = request.Date("on"),
            Status = request.OneOf("status", "OPEN", "CLOSED"),
            Q = request.Text("q"),
        }));
        app.MapGet("/things/{id:long}", (long id) => TypedResults.Ok(id));
        app.MapGet("/failing/{with}", string (string with) => throw (with switch
        {
            "timeout" => new TimeoutException("secret"),
            "connection" => new NpgsqlException("secret", new SocketException()),
            "shutdown" => Postgres(PostgresErrorCodes.AdminShutdown),
            "crash" => Postgres(PostgresErrorCodes.CrashShutdown),
            "starting" => Postgres(PostgresErrorCodes.CannotConnectNow),
            "too-many" => Postgres(PostgresErrorCodes.TooManyConnections),
            "idle" => Postgres("25P03"),
            "read-only" => Postgres(PostgresErrorCodes.ReadOnlySqlTransaction),
            "disk-full" => Postgres(PostgresErrorCodes.DiskFull),
            "out-of-memory" => Postgres(PostgresErrorCodes.OutOfMemory),
            "io-error" => Postgres(PostgresErrorCodes.IoError),
            "lock" => Postgres(PostgresErrorCodes.LockNotAvailable),
            "statement-timeout" => Postgres(PostgresErrorCodes.QueryCanceled),
            "command-timeout" => new NpgsqlException("secret", new TimeoutException()),
            "broker" => new BrokerUnreachableException(new InvalidOperationException("secret")),
            "channel" => new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "secret")),
            "deadlock" => Postgres(PostgresErrorCodes.DeadlockDetected),
            "http" => new HttpRequestException("secret"),
            "wrapped" => new InvalidOperationException("secret", new NpgsqlException("secret", new SocketException())),
            "constraint" => Postgres(PostgresErrorCodes.UniqueViolation),
            "syntax" => Postgres(PostgresErrorCodes.SyntaxError),
            _ => new InvalidOperationException("secret"),
        }));
        app.MapGet("/stream", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await app.StartAsync();
        return new HttpHost(app);
    }

    public Task Stop() => _app.StopAsync();

    private static PostgresException Postgres(string state) => new("secret", "ERROR", "ERROR", state);

    public Task<HttpResponseMessage> Post(string json) => Post(Encoding.UTF8.GetBytes(json));

    public async Task<HttpResponseMessage> Post(byte[] body, string contentType = "application/json")
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await Client.PostAsync(new Uri("/things", UriKind.Relative), content);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

internal sealed record Thing(
    [Text(1, 10)] string Name,
    [Range(1, 1000)] int Quantity,
    long? Amount = null,
    bool? Urgent = null,
    [Length(1, 3)] IReadOnlyList<Line>? Lines = null,
    Line? Gift = null) : IJsonBody<Thing>;

internal sealed record Line(long ProductId, [Range(1, 10)] int Quantity);
