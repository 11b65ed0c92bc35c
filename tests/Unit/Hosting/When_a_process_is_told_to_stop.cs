using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ShopSaga.Tests.Unit.Hosting;

internal sealed class When_a_process_is_told_to_stop
{
    [Test]
    public async Task Should_serve_on_while_it_says_that_it_is_not_ready_and_end_what_is_under_way()
    {
        var time = new HeldTime();
        await using var host = await HttpHost.Start(time, "--Shutdown:Delay=01:00:00");
        using var body = new HeldBody("""{"name":"a","quantity":1}""");
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan };
        using var slow = new HttpClient(handler)
        {
            BaseAddress = host.Client.BaseAddress,
            DefaultRequestHeaders = { ExpectContinue = true },
        };
        var underWay = slow.PostAsync(new Uri("/things", UriKind.Relative), body);
        await body.IsAsked;

        var stopping = host.Stop();
        await time.IsWaitedFor;
        using (var ready = await Get(host, "/health/ready"))
        using (var served = await Get(host, "/things/1"))
        {
            await Problem.Expect(ready, HttpStatusCode.ServiceUnavailable, "unavailable");
            Assert.That(served.StatusCode, Is.EqualTo(HttpStatusCode.OK), "load balancers have not noticed yet");
        }

        time.Elapse();
        body.Continue();
        using var answer = await underWay;
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), "was under way");
        await stopping;
        Assert.That(async () => await Get(host, "/health/live"), Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public void Should_say_what_to_set_when_the_delay_makes_no_sense() => Assert.That(
        () => HttpHost.Start(time: null, "--Shutdown:Delay=-00:00:01"),
        Throws.InvalidOperationException.With.Message.Contains("Shutdown__Delay"));

    private static Task<HttpResponseMessage> Get(HttpHost host, string path) => host.Client.GetAsync(new Uri(path, UriKind.Relative));

    /// <summary>Its first timer elapses when the test says so.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly TaskCompletionSource<Action> _timer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsWaitedFor => _timer.Task;

        public void Elapse() => _timer.Task.Result();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timer.TrySetResult(() => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }

    /// <summary>A body that is sent when the server has asked for it and the test lets it go.</summary>
    private sealed class HeldBody : HttpContent
    {
        private readonly byte[] _text;
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HeldBody(string json)
        {
            _text = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        public Task IsAsked => _asked.Task;

        public void Continue() => _go.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            _asked.SetResult();
            await _go.Task;
            await stream.WriteAsync(_text);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _text.Length;
            return true;
        }
    }
}
