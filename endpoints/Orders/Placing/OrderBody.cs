using System.ComponentModel.DataAnnotations;
using ShopSaga.Hosting.Http;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Placing;

/// <summary>The body of POST /orders: one product with its quantity, or lines.</summary>
internal sealed record OrderBody(
    [PaymentMethod] string PaymentMethod,
    long? ProductId = null,
    [Range(1, OrderBody.MaxQuantity)] int? Quantity = null,
    [Length(1, OrderBody.MaxLines)] IReadOnlyList<OrderBodyLine>? Lines = null) : IJsonBody<OrderBody>
{
    /// <summary>Of one product in an order.</summary>
    public const int MaxQuantity = 1_000;

    public const int MaxLines = 100;

    /// <summary>The wanted products, each of them once.</summary>
    /// <exception cref="InvalidRequestException">Neither or both forms were given, or a quantity too large.</exception>
    public IReadOnlyCollection<WantedLine> Wanted()
    {
        if (Lines is not null)
        {
            return ProductId is null && Quantity is null
                ? Merge(Lines)
                : throw new InvalidRequestException("lines", "excludes productId and quantity: give either.");
        }

        return
        [
            new WantedLine(
                ProductId ?? throw new InvalidRequestException("productId", "is required, or else lines."),
                Quantity ?? throw new InvalidRequestException("quantity", "is required."),
                Member: "productId"),
        ];
    }

    private static Dictionary<long, WantedLine>.ValueCollection Merge(IReadOnlyList<OrderBodyLine> lines)
    {
        var wanted = new Dictionary<long, WantedLine>();
        foreach (var (index, line) in lines.Index())
        {
            var quantity = line.Quantity + (wanted.TryGetValue(line.ProductId, out var before) ? before.Quantity : 0);
            if (quantity > MaxQuantity)
            {
                throw new InvalidRequestException(
                    $"lines[{index}].quantity", $"makes {quantity} of product {line.ProductId}; {MaxQuantity} at most.");
            }

            wanted[line.ProductId] = new WantedLine(line.ProductId, quantity, before?.Member ?? $"lines[{index}].productId");
        }

        return wanted.Values;
    }
}

internal sealed record OrderBodyLine(long ProductId, [Range(1, OrderBody.MaxQuantity)] int Quantity);
