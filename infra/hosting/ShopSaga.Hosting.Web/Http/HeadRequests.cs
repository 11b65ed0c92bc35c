using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ShopSaga.Hosting.Http;

/// <summary>
/// Answers HEAD wherever GET is answered (RFC 9110 sections 9.1 and 9.3.2). A HEAD request is routed as a GET, and its response has the
/// headers of the GET and no body. An endless response, such as a stream of events, ends once its headers are sent: the connection could
/// not carry another request otherwise.
/// </summary>
internal static class HeadRequests
{
    /// <summary>Routes HEAD as GET, routing included.</summary>
    public static void UseRoutingWithHead(this WebApplication app)
    {
        app.Use(BeforeRouting);
        app.UseRouting();
        app.Use(AfterRouting);
    }

    private static async Task BeforeRouting(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await next(context);
            AddHeadToAllow(context.Response);
            return;
        }

        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var aborted = context.RequestAborted;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        context.Features.Set<HeadMark>(HeadMark.Instance);
        context.Request.Method = HttpMethods.Get;
        context.RequestAborted = ended.Token;
        context.Response.Body = new NoBody(context.Response, body, ended);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            // The stream of events that this HEAD ended.
        }
        finally
        {
            context.Features.Set(body);
            context.RequestAborted = aborted;
            context.Request.Method = HttpMethods.Head;
        }

        AddHeadToAllow(context.Response);
    }

    /// <summary>Endpoints see the method of the client; the gateway forwards it.</summary>
    private static Task AfterRouting(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not null && context.Features.Get<HeadMark>() is not null)
        {
            context.Request.Method = HttpMethods.Head;
        }

        return next(context);
    }

    /// <summary>The routing of a 405 lists the methods of the endpoints (RFC 9110 section 15.5.6), which do not name HEAD.</summary>
    private static void AddHeadToAllow(HttpResponse response)
    {
        if (response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
        {
            var methods = response.Headers.Allow.ToString()
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (methods.Contains(HttpMethods.Get) && !methods.Contains(HttpMethods.Head))
            {
                response.Headers.Allow = string.Join(", ", [.. methods, HttpMethods.Head]);
            }
        }
    }

    private sealed class HeadMark
    {
        public static readonly HeadMark Instance = new();
    }

    /// <summary>Sends the headers at the first write, and drops what is written.</summary>
    private sealed class NoBody(HttpResponse response, IHttpResponseBodyFeature inner, CancellationTokenSource ended) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await inner.StartAsync(cancellationToken);
            if (response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
            {
                await inner.Stream.FlushAsync(cancellationToken);
                await ended.CancelAsync();
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            FlushAsync(cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(FlushAsync(cancellationToken));

        public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

        public override void Write(byte[] buffer, int offset, int count) => Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
