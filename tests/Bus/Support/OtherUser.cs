using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A user of the broker beside the one of the endpoints, who signs what it sends.</summary>
internal sealed class OtherUser : IAsyncDisposable
{
    private readonly string _name = TestEndpoint.UniqueName();

    public string Address => new UriBuilder(Servers.RabbitMq) { UserName = _name, Password = _name }.Uri.AbsoluteUri;

    /// <param name="mayDeclare">A regular expression of the queues and exchanges that the user may declare.</param>
    public static async Task<OtherUser> New(string mayDeclare = ".*")
    {
        var user = new OtherUser();
        await Management.AddUser(user._name, user._name, mayDeclare);
        return user;
    }

    public async Task Publish(string exchange, BasicProperties properties, string body)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Address) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        properties.UserId = _name;
        await channel.BasicPublishAsync(exchange, "", mandatory: true, properties, Encoding.UTF8.GetBytes(body));
    }

    public async ValueTask DisposeAsync() => await Management.DeleteUser(_name);
}
