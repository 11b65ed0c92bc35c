using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using ShopSaga.Contracts.Orders;
using ShopSaga.Hosting.Database;
using ShopSaga.Orders.Lifecycle;
using ShopSaga.Orders.Pricing;

namespace ShopSaga.Orders.Tracking;

/// <summary>An order as its customer and the administrators see it.</summary>
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
    /// <summary>Reads orders; a condition follows.</summary>
    private const string Select =
        """
        SELECT id, user_id, status, reason, total_amount, payment_method, payment_id, created_at, updated_at,
               (SELECT json_agg(json_build_object(
                           'productId', product_id, 'name', product_name, 'quantity', quantity, 'unitPrice', unit_price) ORDER BY position)
                  FROM order_lines WHERE order_id = orders.id)::text AS lines
          FROM orders
        """;

    /// <summary>The order as it was when it was placed.</summary>
    public OrderView AsPlaced() => this with { Status = OrderStatus.PENDING, Reason = null, PaymentId = null, UpdatedAt = CreatedAt };

    /// <summary>The order right after the change, with everything that became known of it in that status.</summary>
    public OrderView After(StatusChange change) => change.Status == Status
        ? this
        : this with { Status = change.Status, Reason = change.Reason, PaymentId = change.PaymentId, UpdatedAt = change.At };

    /// <summary>Reads an order in the transaction at hand.</summary>
    public static async Task<OrderView> Read(Sql sql, long id) =>
        (await sql.QuerySingle<Row>($"{Select} WHERE id = @id", new { id })).View();

    /// <summary>Reads an order; null when there is none.</summary>
    public static async Task<OrderView?> Find(NpgsqlDataSource database, long id, CancellationToken cancellationToken) =>
        (await Find(database, "WHERE id = @id", new { id }, cancellationToken)).SingleOrDefault();

    /// <summary>Reads the orders that a condition selects.</summary>
    public static async Task<IReadOnlyList<OrderView>> Find(
        NpgsqlDataSource database, string condition, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            new CommandDefinition($"{Select} {condition}", parameters, cancellationToken: cancellationToken));
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
