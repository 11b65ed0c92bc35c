using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ShopSaga.Hosting;

namespace ShopSaga.Operations.Queues;

/// <summary>
/// The management API of the broker at <c>Broker:Management</c>, as the user of <c>ConnectionStrings:Broker</c>, who needs the tag
/// <c>management</c> there. AMQP itself knows lengths, but no rates and no list of the queues. Brokers may keep that API to themselves, so
/// the setting may be missing.
/// </summary>
internal sealed class BrokerManagement : IDisposable
{
    private const string Columns =
        "name,messages,messages_ready,messages_unacknowledged,consumers,message_stats.publish_details.rate,message_stats.ack_details.rate";

    private readonly HttpClient _http;
    private readonly string _queues;

    public BrokerManagement(IConfiguration configuration)
    {
        var broker = new Uri(configuration.Required("ConnectionStrings:Broker"));
        var virtualHost = broker.AbsolutePath is "/" or "" ? "/" : Uri.UnescapeDataString(broker.AbsolutePath[1..]);
        _queues = $"api/queues/{Uri.EscapeDataString(virtualHost)}?columns={Columns}";
        _http = new HttpClient
        {
            BaseAddress = configuration["Broker:Management"] is { Length: > 0 } ? configuration.RequiredAddress("Broker:Management") : null,
            Timeout = TimeSpan.FromSeconds(10),
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(broker.UserInfo)))),
            },
        };
    }

    public bool IsConfigured => _http.BaseAddress is not null;

    /// <summary>All queues, by name.</summary>
    /// <exception cref="HttpRequestException">The management API does not answer.</exception>
    public async Task<IReadOnlyList<QueueState>> Queues(CancellationToken cancellationToken)
    {
        using var answer = JsonDocument.Parse(await _http.GetStringAsync(_queues, cancellationToken));
        return
        [
            .. answer.RootElement.EnumerateArray()
                .Select(queue => new QueueState(
                    queue.GetProperty("name").GetString()!,
                    Number(queue, "messages"),
                    Number(queue, "messages_ready"),
                    Number(queue, "messages_unacknowledged"),
                    Number(queue, "consumers"),
                    Rate(queue, "publish_details"),
                    Rate(queue, "ack_details")))
                .OrderBy(queue => queue.Name, StringComparer.Ordinal),
        ];
    }

    public void Dispose() => _http.Dispose();

    // A queue that was declared a moment ago has no numbers yet.
    private static long Number(JsonElement queue, string name) =>
        queue.TryGetProperty(name, out var number) && number.TryGetInt64(out var value) ? value : 0;

    private static double Rate(JsonElement queue, string name) =>
        queue.TryGetProperty("message_stats", out var stats)
        && stats.ValueKind == JsonValueKind.Object
        && stats.TryGetProperty(name, out var details)
        && details.TryGetProperty("rate", out var rate)
            ? rate.GetDouble()
            : 0;
}

/// <summary>A queue. Rates are per second, over the broker's last sampling interval.</summary>
/// <param name="Name">The name.</param>
/// <param name="Messages">All messages: those that wait and those in flight.</param>
/// <param name="Waiting">Messages that no consumer holds.</param>
/// <param name="InFlight">Messages that a consumer holds and has not acknowledged.</param>
/// <param name="Consumers">How many receive from it.</param>
/// <param name="PublishRate">Messages that arrive.</param>
/// <param name="AcknowledgeRate">Messages that consumers are done with.</param>
internal sealed record QueueState(
    string Name, long Messages, long Waiting, long InFlight, long Consumers, double PublishRate, double AcknowledgeRate);
