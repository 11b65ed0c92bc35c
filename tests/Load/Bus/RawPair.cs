using System.Diagnostics;
using System.Text.Json;
using HdrHistogram;
using RabbitMQ.Client;
using ShopSaga.Load.RawLoop;

namespace ShopSaga.Load.Bus;

/// <summary>Two endpoints of the raw loop: the reference for everything else.</summary>
internal sealed class RawPair : IPair
{
    private const string FirstQueue = "load.raw.first";
    private const string SecondQueue = "load.raw.second";
    private IConnection _broker = null!;
    private RawEndpoint _first = null!;
    private RawEndpoint _second = null!;
    private int _handled;

    public int Handled => Volatile.Read(ref _handled);

    public LongConcurrentHistogram Latencies { get; } = LatencyHistogram.Create();

    public async Task Install()
    {
        _broker = await Servers.Connect();
        _first = await RawEndpoint.Start(_broker, Servers.Database(Scenario.FirstDatabase));
        _second = await RawEndpoint.Start(_broker, Servers.Database(Scenario.SecondDatabase));
        await _first.Declare(FirstQueue);
        await _second.Declare(SecondQueue);
    }

    public async Task Preload(int messages)
    {
        foreach (var chunk in Enumerable.Range(0, messages).Chunk(1000))
        {
            await Task.WhenAll(chunk.Select(number => _first.Publish(RawMessage.To(FirstQueue, Happening(number)))));
        }
    }

    public async Task Start()
    {
        await _first.Consume(FirstQueue, message => HandleFirst(message.Id, Happened(message).Number));
        await _second.Consume(SecondQueue, HandleSecond);
    }

    public Task Request(int number) => HandleFirst(Guid.CreateVersion7(), number);

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _broker.DisposeAsync();
        await Servers.Delete(FirstQueue, SecondQueue);
    }

    private Task<bool> HandleFirst(Guid id, int number) =>
        _first.Handle(id, transaction => DoWork(transaction, number, RawMessage.To(SecondQueue, Happening(number))));

    private async Task HandleSecond(RawMessage message)
    {
        var happened = Happened(message);
        if (await _second.Handle(message.Id, transaction => DoWork(transaction, happened.Number)))
        {
            Latencies.RecordSince(happened.At);
            Interlocked.Increment(ref _handled);
        }
    }

    private static async Task DoWork(RawTransaction transaction, int number, RawMessage? sent = null)
    {
        if (await transaction.Record(sent))
        {
            await Scenario.DoWork(transaction.Connection, transaction: null, number);
        }
    }

    private static Happened Happening(int number) => new(number, Stopwatch.GetTimestamp());

    private static Happened Happened(RawMessage message) => JsonSerializer.Deserialize<Happened>(message.Body)!;
}
