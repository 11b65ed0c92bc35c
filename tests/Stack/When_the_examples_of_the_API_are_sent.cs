using System.Text.Json.Nodes;
using ShopSaga.Tests.Stack.Support;

namespace ShopSaga.Tests.Stack;

/// <summary>The collections of docs/api, each sent from top to bottom.</summary>
internal sealed class When_the_examples_of_the_API_are_sent
{
    private static IEnumerable<string> Collections => Repository.FilesIn("docs/api", ".http");

    [TestCaseSource(nameof(Collections))]
    public async Task Should_be_answered_as_written(string collection)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(1) };
        var answers = new Dictionary<string, JsonNode>();
        foreach (var example in HttpExample.In(Repository.Read(collection)))
        {
            // Orders learns of a new product by an event, and refuses it until then.
            var (status, body) = await Eventually.Get(
                () => Send(example, answers, http), answer => answer.Status == example.Status || answer.Status != 400, example.Title);

            Assert.That(status, Is.EqualTo(example.Status), $"{example.Title}: {body}");
            if (example.Answer is { } documented)
            {
                Assert.That(HttpExample.Differences("", documented, JsonNode.Parse(body)), Is.Empty, $"{example.Title}: {body}");
            }

            if (example.Name is { } name)
            {
                answers[name] = JsonNode.Parse(body)!;
            }
        }
    }

    private static async Task<(int Status, string Body)> Send(HttpExample example, Dictionary<string, JsonNode> answers, HttpClient http)
    {
        using var request = example.Request(RunningSystem.Stack.GatewayAddress.ToString().TrimEnd('/'), answers);
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
