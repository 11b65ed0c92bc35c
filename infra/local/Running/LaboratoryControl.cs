using System.Net;
using System.Security.Cryptography;
using System.Text;
using ShopSaga.Local.Layout;

namespace ShopSaga.Local.Running;

/// <summary>
/// What the failure laboratory of the web application may do to a local run: <c>POST /away/NAME?seconds=N</c> kills a process and starts it
/// again after a while. It listens on the loopback interface, and asks for the key of this run.
/// </summary>
internal sealed class LaboratoryControl : IAsyncDisposable
{
    private const int MaxSeconds = 30;
    private static readonly string[] Allowed =
    [
        .. Topology.Services.Where(service => service.IsOnTheBus).Select(service => service.Name),
        LocalStack.RabbitMq,
        LocalStack.Redis,
    ];

    private readonly HttpListener _listener = new();
    private readonly CancellationTokenSource _over = new();
    private readonly LocalStack _stack;
    private readonly Task _answering;

    public LaboratoryControl(LocalStack stack)
    {
        _stack = stack;
        _listener.Prefixes.Add(AddressOf(stack).AbsoluteUri);
        _listener.Start();
        _answering = Answer();
    }

    public static Uri AddressOf(LocalStack stack) => new($"http://127.0.0.1:{stack.Ports.Laboratory}/");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Close();
        await _answering;
        _over.Dispose();
    }

    private async Task Answer()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                context.Response.StatusCode = (int)Respond(context.Request);
                context.Response.Close();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                // The caller hung up, or this is over.
            }
        }
    }

    private HttpStatusCode Respond(HttpListenerRequest request)
    {
        var given = Encoding.UTF8.GetBytes(request.Headers["X-Laboratory-Key"] ?? "");
        if (!CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(_stack.LaboratoryKey)))
        {
            return HttpStatusCode.Unauthorized;
        }

        if (request.HttpMethod != "POST"
            || request.Url!.Segments is not [_, "away/", var name]
            || !Allowed.Contains(name)
            || _stack.Processes.All(process => process.Name != name)
            || !int.TryParse(request.QueryString["seconds"], out var seconds)
            || seconds is < 0 or > MaxSeconds)
        {
            return HttpStatusCode.NotFound;
        }

        _ = TakeAway(name, TimeSpan.FromSeconds(seconds));
        return HttpStatusCode.Accepted;
    }

    private async Task TakeAway(string name, TimeSpan time)
    {
        try
        {
            await _stack.TakeAway(name, time, _over.Token);
        }
        catch (OperationCanceledException)
        {
            // The run ends while the process is away.
        }
    }
}
