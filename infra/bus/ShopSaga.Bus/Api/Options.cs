namespace ShopSaga.Bus;

/// <summary>Settings of one outgoing message. An options object is good for one message.</summary>
public abstract class ExtendableOptions
{
    internal Dictionary<string, string> OutgoingHeaders { get; } = [];

    internal string? MessageId { get; set; }
}

/// <summary>How a message is sent.</summary>
public sealed class SendOptions : ExtendableOptions
{
    internal string? Destination { get; set; }

    internal bool ToThisEndpoint { get; set; }

    internal TimeSpan? Delay { get; set; }

    internal DateTimeOffset? DeliverAt { get; set; }
}

/// <summary>How an event is published.</summary>
public sealed class PublishOptions : ExtendableOptions;

/// <summary>How a reply is sent.</summary>
public sealed class ReplyOptions : ExtendableOptions;

/// <summary>The settings of options.</summary>
public static class OptionsExtensions
{
    /// <summary>Adds a header to the message.</summary>
    public static void SetHeader(this ExtendableOptions options, string key, string value) => options.OutgoingHeaders[key] = value;

    /// <summary>The headers added so far.</summary>
    public static IReadOnlyDictionary<string, string> GetHeaders(this ExtendableOptions options) => options.OutgoingHeaders;

    /// <summary>Gives the message this id instead of a new one; at most 200 characters.</summary>
    public static void SetMessageId(this ExtendableOptions options, string messageId) => options.MessageId = messageId;

    /// <summary>Sends to the endpoint of this name.</summary>
    /// <exception cref="InvalidOperationException">A route was chosen before.</exception>
    public static void SetDestination(this SendOptions options, string destination)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(destination);
        RefuseSecondRoute(options);
        options.Destination = destination;
    }

    /// <summary>Sends to this endpoint's own queue, shared by its instances.</summary>
    /// <exception cref="InvalidOperationException">A route was chosen before.</exception>
    public static void RouteToThisEndpoint(this SendOptions options)
    {
        RefuseSecondRoute(options);
        options.ToThisEndpoint = true;
    }

    /// <summary>Whether the message goes to this endpoint's own queue.</summary>
    public static bool IsRoutingToThisEndpoint(this SendOptions options) => options.ToThisEndpoint;

    /// <summary>Delivers after this time, counted from the dispatch and rounded up to whole seconds.</summary>
    /// <exception cref="InvalidOperationException">A date was set before.</exception>
    public static void DelayDeliveryWith(this SendOptions options, TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        if (options.DeliverAt is not null)
        {
            throw new InvalidOperationException("DelayDeliveryWith and DoNotDeliverBefore exclude each other.");
        }

        options.Delay = delay;
    }

    /// <summary>Delivers at this time; a date in the past means at once.</summary>
    /// <exception cref="InvalidOperationException">A delay was set before.</exception>
    public static void DoNotDeliverBefore(this SendOptions options, DateTimeOffset at)
    {
        if (options.Delay is not null)
        {
            throw new InvalidOperationException("DelayDeliveryWith and DoNotDeliverBefore exclude each other.");
        }

        options.DeliverAt = at;
    }

    /// <summary>The delay set, if any.</summary>
    public static TimeSpan? GetDeliveryDelay(this SendOptions options) => options.Delay;

    /// <summary>The date set, if any.</summary>
    public static DateTimeOffset? GetDeliveryDate(this SendOptions options) => options.DeliverAt;

    /// <summary>New options that send to this endpoint's own queue.</summary>
    internal static SendOptions ToThisEndpoint() => new() { ToThisEndpoint = true };

    private static void RefuseSecondRoute(SendOptions options)
    {
        if (options.Destination is not null || options.ToThisEndpoint)
        {
            throw new InvalidOperationException($"A route was chosen already: {options.Destination ?? "this endpoint"}.");
        }
    }
}
