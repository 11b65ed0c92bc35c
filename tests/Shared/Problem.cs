using System.Net;
using System.Text.Json;

namespace ShopSaga.Tests.Shared;

/// <summary>What every error looks like.</summary>
public static class Problem
{
    public static async Task Expect(HttpResponseMessage answer, HttpStatusCode status, string code, params string[] members)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"), text);
        var problem = JsonDocument.Parse(text).RootElement;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(problem.GetProperty("type").GetString(), Is.EqualTo($"/problems/{code}"));
            Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo((int)status));
            Assert.That(problem.GetProperty("title").GetString(), Is.Not.Empty);
            Assert.That(problem.GetProperty("detail").GetString(), Is.Not.Empty);
            Assert.That(problem.GetProperty("traceId").GetString(), Is.Not.Empty);
            Assert.That(text, Does.Not.Contain("secret").And.Not.Contain("   at "));
            if (members.Length > 0)
            {
                Assert.That(problem.GetProperty("errors").EnumerateObject().Select(error => error.Name), Is.EquivalentTo(members), text);
            }
        }
    }
}
