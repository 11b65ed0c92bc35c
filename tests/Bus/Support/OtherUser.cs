using System.Text;
using RabbitMQ.Client;

namespace ShopSaga.Tests.Bus.Support;

/// <summary>A user of the broker beside the one of the endpoints, who signs what it sends.</summary>
internal sealed class OtherUser : IAsyncDisposable
{
    private readonly string _name = TestEndpoint.UniqueName();

    public static async Task<OtherUser> New()
    {
        var user = new OtherUser();
        await Management.AddUser(user._name, user._name);
        return user;
    }

    public async Task Publish(string exchange, BasicProperties properties, string body)
    {
        var address = new UriBuilder(Servers.RabbitMq) { UserName = _name, Password = _name };
        await using var connection = await new ConnectionFactory { Uri = address.Uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        properties.UserId = _name;
        await channel.BasicPublishAsync(exchange, "", mandatory: true, properties, Encoding.UTF8.GetBytes(body));
    }

    public async ValueTask DisposeAsync() => await Management.DeleteUser(_name);
}
