using System.Net;

namespace ShopSaga.Tests.Unit.Hosting;

[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
internal sealed class When_a_route_is_requested
{
    private HttpHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await HttpHost.Start();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [TestCase("/nowhere")]
    [TestCase("/things/abc")]
    [TestCase("/things/1.5")]
    [TestCase("/things/99999999999999999999")]
    [TestCase("/things/+1")]
    [TestCase("/things/-1")]
    [TestCase("/things/%201")]
    [TestCase("/things/1%09")]
    [TestCase("/things/%D9%A1")]
    [TestCase("/%00")]
    public async Task Should_answer_404_to_what_does_not_exist(string path)
    {
        using var answer = await Get(path);
        if (path == "/%00")
        {
            // The web server refuses this before any code of ours.
            Assert.That((int)answer.StatusCode, Is.InRange(400, 404));
            return;
        }

        await Problem.Expect(answer, HttpStatusCode.NotFound, "not-found");
    }

    [Test]
    public async Task Should_answer_405_with_the_methods_that_are_allowed()
    {
        using var answer = await _host.Client.DeleteAsync(new Uri("/things", UriKind.Relative));
        await Problem.Expect(answer, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.That(answer.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "POST" }));
    }

    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    public async Task Should_answer_about_its_health_to_those_who_ask_and_no_other_method(string path)
    {
        using var healthy = await Get(path);
        using var answer = await _host.Client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        Assert.That(healthy.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await Problem.Expect(answer, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.That(answer.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD" }));
    }

    [Test]
    public async Task Should_answer_a_problem_to_any_accept_header()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Accept.ParseAdd("text/html");
        using var answer = await _host.Client.SendAsync(request);
        await Problem.Expect(answer, HttpStatusCode.NotFound, "not-found");
    }

    [TestCase("/things")]
    [TestCase("/things/5")]
    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    [TestCase("/metrics")]
    public async Task Should_answer_HEAD_like_GET_but_without_a_body(string path)
    {
        using var get = await Get(path);
        using var head = await Head(path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(head.Content.Headers.ContentType, Is.EqualTo(get.Content.Headers.ContentType));
            Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
    }

    [TestCase("/nowhere", HttpStatusCode.NotFound)]
    [TestCase("/things?limit=0", HttpStatusCode.BadRequest)]
    [TestCase("/failing/connection", HttpStatusCode.ServiceUnavailable)]
    public async Task Should_answer_HEAD_with_the_status_of_GET(string path, HttpStatusCode status)
    {
        using var head = await Head(path);
        Assert.That(head.StatusCode, Is.EqualTo(status));
        Assert.That(head.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Should_end_the_stream_of_a_HEAD_after_its_headers()
    {
        using var head = await Head("/stream").WaitAsync(TimeSpan.FromSeconds(30));
        using var next = await Get("/things").WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(head.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        Assert.That(next.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("lock")]
    [TestCase("statement-timeout")]
    [TestCase("command-timeout")]
    public async Task Should_not_say_that_a_dependency_is_unavailable_when_a_statement_timed_out(string with)
    {
        using var answer = await Get($"/failing/{with}");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("Another transaction holds what the request needs"));
    }

    [TestCase("mistake")]
    [TestCase("constraint")]
    [TestCase("syntax")]
    public async Task Should_answer_500_without_details_to_a_mistake_of_ours(string with)
    {
        using var answer = await Get($"/failing/{with}");
        await Problem.Expect(answer, HttpStatusCode.InternalServerError, "internal-error");
    }

    [TestCase("timeout")]
    [TestCase("connection")]
    [TestCase("shutdown")]
    [TestCase("crash")]
    [TestCase("starting")]
    [TestCase("too-many")]
    [TestCase("idle")]
    [TestCase("read-only")]
    [TestCase("disk-full")]
    [TestCase("out-of-memory")]
    [TestCase("io-error")]
    [TestCase("lock")]
    [TestCase("statement-timeout")]
    [TestCase("command-timeout")]
    [TestCase("deadlock")]
    [TestCase("http")]
    [TestCase("broker")]
    [TestCase("channel")]
    [TestCase("wrapped")]
    public async Task Should_answer_503_and_when_to_come_back_when_something_needed_is_down(string with)
    {
        using var answer = await Get($"/failing/{with}");
        await Problem.Expect(answer, HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThan(TimeSpan.Zero));
    }

    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    public async Task Should_be_healthy_when_nothing_is_needed(string path)
    {
        using var answer = await Get(path);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("", """{"limit":20,"after":null,"on":null,"status":null,"q":null}""")]
    [TestCase("?limit=1&on=2025-02-28&status=OPEN&q=%25_*", """{"limit":1,"after":null,"on":"2025-02-28","status":"OPEN","q":"%_*"}""")]
    [TestCase("?limit=100&other=1", """{"limit":100,"after":null,"on":null,"status":null,"q":null}""")]
    public async Task Should_read_query_parameters(string query, string expected)
    {
        using var answer = await Get("/things" + query);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo(expected));
    }

    [TestCase("limit=0", "limit")]
    [TestCase("limit=101", "limit")]
    [TestCase("limit=-1", "limit")]
    [TestCase("limit=+1", "limit")]
    [TestCase("limit=1.0", "limit")]
    [TestCase("limit=abc", "limit")]
    [TestCase("limit=", "limit")]
    [TestCase("limit", "limit")]
    [TestCase("limit=1&limit=2", "limit")]
    [TestCase("limit=99999999999999999999", "limit")]
    [TestCase("limit=%D9%A1", "limit")]
    [TestCase("cursor=abc", "cursor")]
    [TestCase("cursor=AAAAAAAAAAA", "cursor")]
    [TestCase("cursor=__________8", "cursor")]
    [TestCase("cursor=%00", "cursor")]
    [TestCase("cursor=AAAAAAAAAAE=", "cursor")]
    [TestCase("on=2025-2-28", "on")]
    [TestCase("on=2025-02-29", "on")]
    [TestCase("on=20250228", "on")]
    [TestCase("on=2025-02-28T00:00:00Z", "on")]
    [TestCase("on=%202025-02-28", "on")]
    [TestCase("on=0000-01-01", "on")]
    [TestCase("status=open", "status")]
    [TestCase("status=0", "status")]
    [TestCase("status=OPEN,CLOSED", "status")]
    [TestCase("q=", "q")]
    [TestCase("q=a%00b", "q")]
    public async Task Should_refuse_a_bad_parameter_and_name_it(string query, string parameter)
    {
        using var answer = await Get("/things?" + query);
        await Problem.Expect(answer, HttpStatusCode.BadRequest, "validation", parameter);
    }

    private async Task<HttpResponseMessage> Head(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        return await _host.Client.SendAsync(request);
    }

    private Task<HttpResponseMessage> Get(string path) => _host.Client.GetAsync(new Uri(path, UriKind.Relative));
}
