using System.ComponentModel.DataAnnotations;
using ShopSaga.Hosting.Http;

namespace ShopSaga.Orders.Placing;

/// <summary>The body of POST /orders: one product with its quantity, or lines.</summary>
internal sealed record OrderBody(
    [RegularExpression(PaymentMethods.Form, ErrorMessage = PaymentMethods.Rule)] string PaymentMethod,
    long? ProductId = null,
    [Range(1, OrderBody.MostPieces)] int? Quantity = null,
    [Length(1, OrderBody.MostLines)] IReadOnlyList<OrderBodyLine>? Lines = null) : IJsonBody<OrderBody>
{
    /// <summary>The most pieces of one product in an order.</summary>
    public const int MostPieces = 1_000;

    /// <summary>The most lines of an order.</summary>
    public const int MostLines = 100;

    /// <summary>What is wanted, each product once.</summary>
    /// <exception cref="InvalidRequestException">Neither or both forms were given, or too many pieces of a product.</exception>
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
            var pieces = line.Quantity + (wanted.TryGetValue(line.ProductId, out var before) ? before.Quantity : 0);
            if (pieces > MostPieces)
            {
                throw new InvalidRequestException($"lines[{index}].quantity", $"makes {pieces} of product {line.ProductId}; {MostPieces} at most.");
            }

            wanted[line.ProductId] = new WantedLine(line.ProductId, pieces, before?.Member ?? $"lines[{index}].productId");
        }

        return wanted.Values;
    }
}

/// <summary>A line of the body.</summary>
internal sealed record OrderBodyLine(long ProductId, [Range(1, OrderBody.MostPieces)] int Quantity);

/// <summary>How much of a product is wanted.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">Pieces.</param>
/// <param name="Member">What to name when the product cannot be had.</param>
internal sealed record WantedLine(long ProductId, int Quantity, string Member);

/// <summary>What a payment method looks like; whether it is accepted is up to the payment provider.</summary>
internal static class PaymentMethods
{
    public const string Form = "[A-Z_]{2,40}";
    public const string Rule = "must be 2 to 40 of A-Z and _.";
}
