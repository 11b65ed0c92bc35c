using System.Net.Http.Headers;
using System.Text;

namespace ShopSaga.Local.Servers;

/// <summary>RabbitMQ's management API.</summary>
internal static class ManagementApi
{
    /// <param name="address">http://user:password@host:port/</param>
    public static HttpClient Client(string address)
    {
        var uri = new Uri(address);
        return new HttpClient
        {
            BaseAddress = new UriBuilder(uri) { UserName = "", Password = "" }.Uri,
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo)))),
            },
        };
    }
}
