using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Tests.Browser.Support;

/// <summary>Products that tests sell.</summary>
internal static class Catalogue
{
    /// <summary>Puts a product on sale and waits until Orders knows its price.</summary>
    public static async Task<long> List(string name, string category, int price, int stockQuantity)
    {
        using var answer = await RunningShop.Admin.PostAsJsonAsync("products", new { name, category, price, stockQuantity });
        var id = (await answer.Content.ReadFromJsonAsync<JsonNode>())!["id"]!.GetValue<long>();
        await Eventually.Is(
            async () =>
            {
                using var put = await RunningShop.Admin.PutAsJsonAsync($"cart/items/{id}", new { quantity = 1 });
                return put.IsSuccessStatusCode;
            },
            $"Orders knows {name}");
        return id;
    }
}
