using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ShopSaga.Tests.Stack.Support;

/// <summary>Receives OTLP over gRPC, as a collector does, and keeps spans while it is asked to.</summary>
internal sealed class TraceReceiver : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<Span> _spans = new();

    private TraceReceiver(WebApplication server) => _server = server;

    public Uri Address => new(_server.Urls.Single());

    /// <summary>Whether spans are kept. A whole run would be millions.</summary>
    public bool Keeps { get; set; }

    public IReadOnlyCollection<Span> Spans => _spans;

    public static async Task<TraceReceiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        var server = builder.Build();
        var receiver = new TraceReceiver(server);
        server.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", receiver.Receive);
        server.MapPost("/{service}/Export", Accept);
        await server.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Receive(HttpContext call)
    {
        using var body = new MemoryStream();
        await call.Request.Body.CopyToAsync(body);
        if (Keeps)
        {
            // A message of gRPC: whether it is compressed (no), its length, and itself.
            var message = body.ToArray();
            Read(message[5..(5 + (int)BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(1)))]);
        }

        await Accept(call);
    }

    /// <summary>An empty message, and the status OK.</summary>
    private static async Task Accept(HttpContext call)
    {
        call.Response.ContentType = "application/grpc";
        await call.Response.Body.WriteAsync(new byte[5]);
        call.Response.AppendTrailer("grpc-status", "0");
    }

    // ExportTraceServiceRequest { 1: ResourceSpans { 1: Resource { 1: KeyValue }, 2: ScopeSpans { 2: Span } } }; opentelemetry-proto.
    private void Read(byte[] request)
    {
        foreach (var resource in Messages(request, 1))
        {
            var service = Messages(Messages(resource, 1).Single(), 1)
                .Where(attribute => Text(attribute, 1) == "service.name")
                .Select(attribute => Text(Messages(attribute, 2).Single(), 1)).Single();
            foreach (var span in Messages(resource, 2).SelectMany(scope => Messages(scope, 2)))
            {
                var kind = Fields(span).Where(field => field.Number == 6).Select(field => field.Value).SingleOrDefault();
                _spans.Enqueue(new Span(service, Convert.ToHexStringLower(Messages(span, 1).Single()), Text(span, 5), (SpanKind)kind));
            }
        }
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Messages(message, field).SingleOrDefault() ?? []);

    private static IEnumerable<byte[]> Messages(byte[] message, int field) =>
        Fields(message).Where(each => each.Number == field && each.Content is not null).Select(each => each.Content!);

    /// <summary>The fields of a message in the encoding of Protocol Buffers.</summary>
    private static IEnumerable<(int Number, ulong Value, byte[]? Content)> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint();
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, Varint(), null);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Field {number} is of an unknown type.");
            }
        }

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = message[at++];
                value |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }
        }
    }

    internal sealed record Span(string Service, string TraceId, string Name, SpanKind Kind);

    /// <summary>With the numbers of OTLP.</summary>
    internal enum SpanKind
    {
        Unspecified,
        Internal,
        Server,
        Client,
        Producer,
        Consumer,
    }
}
