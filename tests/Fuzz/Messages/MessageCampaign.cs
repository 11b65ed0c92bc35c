using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ShopSaga.Local.Servers;
using ShopSaga.Local.Verifying;

namespace ShopSaga.Fuzz.Messages;

/// <summary>The size of a message campaign.</summary>
/// <param name="Seed">Determines all messages.</param>
/// <param name="Messages">The number of messages.</param>
internal sealed record MessagePlan(int Seed, int Messages);

/// <summary>
/// Sends hostile messages to the endpoints over the real broker, while a customer's orders go through the same queues. The oracle:
/// <code>
///   no message kills a process
///   no message circles: each is gone, or in the error queue once, after at most the configured attempts
///   no message costs another more than its share: every order of the customer is confirmed, and every service stays ready
/// </code>
/// </summary>
internal sealed class MessageCampaign(Target target, MessagePlan plan, Action<string> progress)
{
    private const int Batch = 25;

    /// <summary>Six immediate attempts in each of four rounds, which is what the services are configured for.</summary>
    private const int MaxAttempts = 24;

    /// <summary>Messages that an order of the customer causes, audits and retries after conflicts included.</summary>
    private const int MaxMessagesOfOrder = 60;

    /// <summary>The rounds of retries take a minute; ten times that is a circle.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);
    private static readonly string[] Queues =
    [
        "ShopSaga.Users", "ShopSaga.Products", "ShopSaga.Orders", "ShopSaga.Payments", "ShopSaga.Settlement",
    ];
    private static readonly string[] DelayQueues =
        [.. Enumerable.Range(0, BrokerTopology.DelayLevels).Select(BrokerTopology.DelayLevel)];


    private readonly List<string> _violations = [];
    private readonly Dictionary<string, int> _kinds = [];
    private readonly List<double> _orderSeconds = [];

    /// <summary>The number of messages of each kind.</summary>
    public IReadOnlyDictionary<string, int> Kinds => _kinds;

    /// <summary>How long the customer's orders took to be confirmed.</summary>
    public IReadOnlyList<double> OrderSeconds => _orderSeconds;

    /// <summary>Failed messages that the campaign has caused.</summary>
    public long Failed { get; private set; }

    /// <summary>Sends all messages, or only the one with this number, and returns the violations.</summary>
    public async Task<IReadOnlyList<string>> Run(int? only, CancellationToken cancellationToken)
    {
        var generator = new MessageGenerator(plan.Seed);
        using var world = await World.Create(target, cancellationToken);
        using var services = new RunningServices(target);
        await using var queues = await BrokerQueues.Connect(target.Broker, cancellationToken);
        await using var sender = new HostileSender(target.Broker);

        var processes = services.Processes();
        var failedBefore = (await queues.Find("error", cancellationToken))?.Messages ?? 0;
        var delayedBefore = await queues.Count(DelayQueues, cancellationToken);
        var deliveriesBefore = await Deliveries(cancellationToken);
        int[] numbers = only is { } one ? [one] : [.. Enumerable.Range(0, plan.Messages)];
        await Order(world, cancellationToken);
        foreach (var batch in numbers.Chunk(Batch))
        {
            await world.Renew(cancellationToken);
            var sent = new List<string>();
            foreach (var number in batch)
            {
                var message = generator.Make(number);
                if (await Send(sender, message, number, cancellationToken))
                {
                    sent.Add($"--seed={plan.Seed} --message={number} ({message.Kind} to {message.Queue})");
                    _kinds[message.Kind] = _kinds.GetValueOrDefault(message.Kind) + 1;
                }
            }

            await Order(world, cancellationToken);
            if (!CheckProcesses(services, processes, sent))
            {
                return _violations;
            }

            progress($"{batch[^1] + 1} of {numbers.Length} messages, {_violations.Count} violations");
        }

        await WaitUntilGone(queues, delayedBefore, cancellationToken);
        await Order(world, cancellationToken);
        CheckProcesses(services, processes, []);
        _violations.AddRange(await services.WaitUntilReady(cancellationToken));

        var count = _kinds.Values.Sum();
        Failed = (await queues.Find("error", cancellationToken))!.Messages - failedBefore;
        if (Failed > count)
        {
            _violations.Add($"{count} messages have become {Failed} failed messages.");
        }

        var deliveries = await Deliveries(cancellationToken) - deliveriesBefore;
        var allowed = (count * MaxAttempts) + (_orderSeconds.Count * MaxMessagesOfOrder);
        if (deliveries > allowed)
        {
            _violations.Add($"{count} messages were delivered {deliveries} times, of which {allowed} are allowed: one of them circles.");
        }

        return _violations;
    }

    private async Task<bool> Send(HostileSender sender, HostileMessage message, int number, CancellationToken cancellationToken)
    {
        if (await sender.WhyNotSent(message, cancellationToken) is not { } reason)
        {
            return true;
        }

        progress($"message {number} ({message.Kind}) cannot be sent: {reason}");
        return false;
    }

    /// <summary>An order that shares the queues with the hostile messages.</summary>
    private async Task Order(World world, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            await world.Order(world.Victim, cancellationToken);
            _orderSeconds.Add(clock.Elapsed.TotalSeconds);
        }
        catch (Exception failed) when (failed is TimeoutException or HttpRequestException)
        {
            _violations.Add($"An order beside the messages: {failed.Message}");
        }
    }

    private bool CheckProcesses(RunningServices services, SortedDictionary<string, int> before, List<string> sent)
    {
        var now = services.Processes();
        var gone = before.Where(process => now.GetValueOrDefault(process.Key) != process.Value).Select(process => process.Key).ToList();
        if (gone.Count > 0)
        {
            _violations.Add($"{string.Join(", ", gone)} died of one of:\n  {string.Join("\n  ", sent)}");
        }

        return gone.Count == 0;
    }

    /// <summary>
    /// Waits until the queues are empty, and the delay queues but for the timeouts of orders and for control messages. Those wait for as
    /// long as the session that they speak of may take to commit.
    /// </summary>
    private async Task WaitUntilGone(BrokerQueues queues, long delayedBefore, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var shown = TimeSpan.Zero;
        while (true)
        {
            var (waiting, delayed) = (await Unfinished(cancellationToken), await queues.Count(DelayQueues, cancellationToken));
            var timeouts = Math.Max(delayedBefore, World.Orders) + _orderSeconds.Count;
            if (waiting == 0 && delayed <= timeouts + _kinds.GetValueOrDefault(MessageGenerator.ControlMessage))
            {
                return;
            }

            if (clock.Elapsed > TimeLimit)
            {
                _violations.Add($"{waiting} messages are still in the endpoints' queues, and {delayed} in the delay queues, after "
                    + $"{TimeLimit.TotalMinutes} minutes.");
                return;
            }

            if (clock.Elapsed - shown > TimeSpan.FromSeconds(15))
            {
                shown = clock.Elapsed;
                progress($"{waiting} messages in the endpoints' queues, {delayed} in the delay queues");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    /// <summary>Messages in the endpoints' queues, those that a consumer holds included.</summary>
    private async Task<long> Unfinished(CancellationToken cancellationToken) =>
        (await ReadQueues(cancellationToken)).Sum(queue => queue["messages"]?.GetValue<long>() ?? 0);

    private async Task<long> Deliveries(CancellationToken cancellationToken) =>
        (await ReadQueues(cancellationToken)).Sum(queue => queue["message_stats"]?["deliver"]?.GetValue<long>() ?? 0);

    private async Task<IEnumerable<JsonNode>> ReadQueues(CancellationToken cancellationToken)
    {
        var address = new Uri(target.BrokerManagement);
        using var http = new HttpClient { BaseAddress = new UriBuilder(address) { UserName = "", Password = "" }.Uri };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        var all = JsonNode.Parse(await http.GetStringAsync("api/queues/%2F", cancellationToken))!.AsArray();
        return all.Where(queue => Queues.Contains(queue!["name"]!.GetValue<string>())).Select(queue => queue!);
    }
}
