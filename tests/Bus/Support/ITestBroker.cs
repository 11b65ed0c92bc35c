namespace ShopSaga.Tests.Bus.Support;

/// <summary>What suites need of a broker, so that they run over each.</summary>
internal interface ITestBroker
{
    /// <summary>Sets the endpoint's transport.</summary>
    void Configure(EndpointConfiguration endpoint);

    /// <summary>Sends a message from outside, with the headers that every sender sets.</summary>
    Task Send<TMessage>(string endpoint, TMessage message, string? messageId = null);

    /// <summary>
    /// Messages in the queue that no consumer holds; those that wait for their time in it too, where it is the queue that they wait in.
    /// </summary>
    Task<long> Depth(string queue);

    /// <summary>Waits for a message, takes it out of the queue, and gives its headers.</summary>
    Task<IReadOnlyDictionary<string, string>> Take(string queue);

    Task Delete(params string[] queues);
}
