using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Following;

/// <summary>An order as its customer sees it.</summary>
internal sealed record OrderView(
    long Id,
    long UserId,
    OrderStatus Status,
    [property: JsonConverter(typeof(JsonStringEnumConverter<CancelReason>))] CancelReason? Reason,
    IReadOnlyList<QuotedLine> Lines,
    long TotalAmount,
    string PaymentMethod,
    long? PaymentId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Reads orders; a condition is to follow.</summary>
    private const string Select =
        """
        SELECT id, user_id, status, reason, total_amount, payment_method, payment_id, created_at, updated_at,
               (SELECT json_agg(json_build_object(
                           'productId', product_id, 'name', product_name, 'quantity', quantity, 'unitPrice', unit_price) ORDER BY position)
                  FROM order_lines WHERE order_id = orders.id)::text AS lines
          FROM orders
        """;

    /// <summary>Whether stock and payment have been settled, one way or the other.</summary>
    [JsonIgnore]
    public bool IsAtRest => Status is OrderStatus.CONFIRMED or OrderStatus.CANCELLED;

    /// <summary>The order as it was when it was placed.</summary>
    public OrderView AsPlaced() => this with { Status = OrderStatus.PENDING, Reason = null, PaymentId = null, UpdatedAt = CreatedAt };

    /// <summary>The order as it was right after the change; what became known of it later in the same status included.</summary>
    public OrderView After(OrderChange change) => change.Status == Status
        ? this
        : this with { Status = change.Status, Reason = change.Reason, PaymentId = change.PaymentId, UpdatedAt = change.At };

    /// <summary>The order as it stands in the transaction at hand.</summary>
    public static async Task<OrderView> Read(Sql sql, long id) => (await sql.QuerySingle<Row>($"{Select} WHERE id = @id", new { id })).View();

    /// <summary>The order, or null when there is none.</summary>
    public static async Task<OrderView?> Find(NpgsqlDataSource database, long id, CancellationToken cancellationToken) =>
        (await Find(database, "WHERE id = @id", new { id }, cancellationToken)).SingleOrDefault();

    /// <summary>The orders that <paramref name="condition"/> holds for.</summary>
    public static async Task<IReadOnlyList<OrderView>> Find(
        NpgsqlDataSource database, string condition, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>($"{Select} {condition}", parameters);
        return [.. rows.Select(row => row.View())];
    }

    private sealed record Row(
        long Id,
        long UserId,
        OrderStatus Status,
        CancelReason? Reason,
        long TotalAmount,
        string PaymentMethod,
        long? PaymentId,
        DateTimeOffset CreatedAt,
        DateTimeOffset UpdatedAt,
        string Lines)
    {
        public OrderView View() => new(
            Id,
            UserId,
            Status,
            Reason,
            JsonSerializer.Deserialize<IReadOnlyList<QuotedLine>>(Lines, JsonSerializerOptions.Web)!,
            TotalAmount,
            PaymentMethod,
            PaymentId,
            CreatedAt,
            UpdatedAt);
    }
}
