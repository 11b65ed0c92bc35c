namespace ShopSaga.Tests.Simulation.Faults;

/// <summary>One fault for each rule that the shop relies on.</summary>
internal static class AllFaults
{
    private const string Nothing = "RETURN NULL";

    public static IEnumerable<Fault> Of() =>
    [
        // The bus
        new("a message is acknowledged before it is handled") { Receiving = Deliveries.AcknowledgedAtOnce },
        new("the inbox does not know a message that comes again") { Receiving = Deliveries.WithAnotherId, IsRare = true },
        Trigger("the mark of a dispatched outbox record is lost", "Orders", $"BEFORE UPDATE ON {Outbox("Orders")}", Nothing),
        Trigger(
            "an outbox record is stored without its messages", "Orders", $"BEFORE INSERT ON {Outbox("Orders")}",
            """NEW."Operations" := '[]'"""),
        Trigger(
            "an outbox record is deleted before its messages have left", "Orders", $"AFTER INSERT ON {Outbox("Orders")}",
            $"""DELETE FROM {Outbox("Orders")} WHERE "MessageId" = NEW."MessageId" """),
        Trigger(
            "a saga forgets what it learned", "Payments", "BEFORE UPDATE ON \"ShopSaga_Payments_PaymentPolicy\"",
            "NEW.\"Data\" := OLD.\"Data\""),
        Lost("a delayed message is lost", message => message.Delay is not null || message.DeliverAt is not null) with { IsRare = true },
        EachTenthLost(),

        // Orders
        Lost("Orders does not say that an order is cancelled", message => message.Carries("OrderCancelled")),
        Trigger(
            "an idempotency key is forgotten at once", "Orders", "AFTER INSERT ON idempotency_keys",
            "DELETE FROM idempotency_keys WHERE key = NEW.key") with { IsRare = true },
        Trigger(
            "a compensated order stays open", "Orders", "BEFORE UPDATE ON orders",
            "IF OLD.status = 'CANCELLING' THEN NEW.status := OLD.status; END IF"),
        Trigger(
            "an event is missing in the history of an order", "Orders", "BEFORE INSERT ON order_events",
            $"IF NEW.name = 'StockCommitted' THEN {Nothing}; END IF"),
        new("the version of a price is ignored") { Receiving = Deliveries.AsTheYoungest("Version") },

        // Products
        Trigger(
            "the tombstone of a cancelled order is lost", "Products", "AFTER INSERT ON reservations",
            "IF NEW.state = 'RELEASED' THEN DELETE FROM reservations WHERE order_id = NEW.order_id; END IF") with { IsRare = true },
        Trigger(
            "stock is released twice", "Products", "AFTER UPDATE ON reservations",
            """
            IF NEW.state = 'RELEASED' THEN
                UPDATE products SET stock_quantity = stock_quantity + quantity FROM reservation_lines
                WHERE order_id = NEW.order_id AND product_id = id;
            END IF
            """),
        Trigger(
            "stock is reserved, but not taken", "Products", "BEFORE UPDATE ON products",
            "NEW.stock_quantity := greatest(NEW.stock_quantity, OLD.stock_quantity)"),
        Lost("Products does not say that stock is released", message => message.Carries("StockReleased")),

        // Payments
        new("a refund has another key each time") { Calling = OtherKey("/refunds") },
        new("a charge that is repeated has another key") { Calling = OtherKey("/charges") },
        Trigger(
            "Payments forgets that the order was cancelled during the charge", "Payments", "BEFORE UPDATE ON payments",
            "NEW.order_cancelled := false") with { IsRare = true },
        Trigger(
            "Payments forgets that a charge may have been sent", "Payments", "BEFORE UPDATE ON payments",
            "NEW.charges_sent := 0") with { IsRare = true },
        Lost("a refund is decided, but not asked for", message => message.Carries("RefundPayment")),
        Trigger(
            "a payment is of another amount than its order", "Payments", "BEFORE INSERT ON payments", "NEW.amount := NEW.amount + 1"),

        // Settlement
        Trigger(
            "a refund is not entered in the ledger", "Settlement", "BEFORE INSERT ON entries",
            $"IF NEW.fact = 'REFUND' THEN {Nothing}; END IF"),
        Trigger(
            "an entry that comes after the close of its day is missed", "Settlement", "BEFORE INSERT ON entries",
            $"IF NEW.kind = 'ADJUSTMENT' THEN {Nothing}; END IF") with { IsRare = true },
        Trigger(
            "a day's totals miss an entry", "Settlement", "BEFORE UPDATE ON daily_totals", "NEW.total_amount := OLD.total_amount"),

        // Users
        Trigger(
            "Users forgets that an order's money is settled", "Users", "BEFORE INSERT OR UPDATE ON orders_of_users",
            "NEW.money_settled := false"),
    ];

    private static Fault Trigger(string name, string service, string when, string statements) =>
        new(name) { Service = service, When = when, Statements = statements };

    private static Fault Lost(string name, Func<OutgoingOperation, bool> isLost) =>
        new(name) { Sending = message => isLost(message) ? null : message };

    private static Fault EachTenthLost()
    {
        var sent = 0;
        return Lost("each tenth message is lost on its way", _ => Interlocked.Increment(ref sent) % 10 == 0);
    }

    private static Action<HttpRequestMessage> OtherKey(string path)
    {
        var calls = 0;
        var keys = new HashSet<string>();
        return request =>
        {
            var key = request.Headers.GetValues("Idempotency-Key").Single();
            if (request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath.EndsWith(path, StringComparison.Ordinal)
                && !keys.Add(key))
            {
                request.Headers.Remove("Idempotency-Key");
                request.Headers.Add("Idempotency-Key", $"{key}-{++calls}");
            }
        };
    }

    private static string Outbox(string service) => $"\"ShopSaga_{service}_OutboxData\"";
}
