namespace ShopSaga.Tests.Simulation.Faults;

/// <summary>At least one fault for each rule that the shop relies on.</summary>
internal static class BuiltInFaults
{
    private const string Nothing = "RETURN NULL";
    private const string Policy = "\"ShopSaga_Payments_PaymentPolicy\"";

    public static IEnumerable<BuiltInFault> All =>
    [
        // The bus
        Receiving("a message is acknowledged before it is handled", () => Deliveries.AcknowledgedAtOnce),
        Receiving("the inbox takes all messages of a conversation for the same one", () => Deliveries.WithTheIdOfTheConversation),
        Trigger(
            "neither the inbox nor the ledger knows an entry that comes again", "Settlement", "BEFORE INSERT ON entries",
            """
            WHILE EXISTS (SELECT FROM entries WHERE payment_id = NEW.payment_id AND fact = NEW.fact) LOOP
                NEW.payment_id := NEW.payment_id + 1000;
            END LOOP
            """) with { Tampering = () => new() { Receiving = Deliveries.WithAnotherId } },
        Trigger("the mark of a dispatched outbox record is lost", "Orders", $"BEFORE UPDATE ON {Outbox("Orders")}", Nothing),
        Trigger(
            "an outbox record is stored without its messages", "Orders", $"BEFORE INSERT ON {Outbox("Orders")}",
            """NEW."Operations" := '[]'"""),
        Trigger(
            "an outbox record is marked before its messages have left", "Orders", $"BEFORE INSERT ON {Outbox("Orders")}",
            """NEW."Dispatched" := true"""),
        Trigger(
            "an outbox record is deleted before its messages have left", "Orders", $"AFTER INSERT ON {Outbox("Orders")}",
            $"""DELETE FROM {Outbox("Orders")} WHERE "MessageId" = NEW."MessageId" """),
        Trigger("a saga forgets what it learned", "Payments", $"BEFORE UPDATE ON {Policy}", "NEW.\"Data\" := OLD.\"Data\""),
        Lost("a delayed message is lost", message => message.Delay is not null || message.DeliverAt is not null),
        EachTenthLost(),

        // Orders
        Lost("Orders does not say that an order is cancelled", message => message.Carries("OrderCancelled")),
        Lost("Orders does not say that an order is confirmed", message => message.Carries("OrderConfirmed")),
        Trigger(
            "an idempotency key is forgotten at once", "Orders", "AFTER INSERT ON idempotency_keys",
            "DELETE FROM idempotency_keys WHERE key = NEW.key"),
        Trigger(
            "a compensated order stays open", "Orders", "BEFORE UPDATE ON orders",
            "IF OLD.status = 'CANCELLING' THEN NEW.status := OLD.status; END IF"),
        Trigger(
            "a late payment confirms an order that is being cancelled", "Orders", "BEFORE UPDATE ON orders",
            """
            IF OLD.status = 'CANCELLING' AND OLD.payment_id IS NULL AND NEW.payment_id IS NOT NULL THEN
                NEW.status := 'CONFIRMED';
                NEW.reason := NULL;
            END IF
            """),
        Trigger(
            "an event is missing in the history of an order", "Orders", "BEFORE INSERT ON order_events",
            $"IF NEW.name = 'StockCommitted' THEN {Nothing}; END IF"),
        Trigger(
            "the change of a status is recorded with another reason", "Orders", "BEFORE INSERT ON order_changes",
            "IF NEW.status = 'CANCELLED' THEN NEW.reason := 'EXPIRED'; END IF"),
        Trigger(
            "an order loses a line", "Orders", "BEFORE INSERT ON order_lines", $"IF NEW.position > 1 THEN {Nothing}; END IF"),
        Receiving("the version of a price is ignored", () => Deliveries.AsTheYoungest("Version")),
        Lost("Orders does not hear that a product is withdrawn", message => message.Carries("ProductWithdrawn")),

        // Products
        Trigger(
            "the tombstone of a cancelled order is lost", "Products", "AFTER INSERT ON reservations",
            "IF NEW.state = 'RELEASED' THEN DELETE FROM reservations WHERE order_id = NEW.order_id; END IF"),
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
        Trigger(
            "committed stock is released, and stays committed", "Products", "BEFORE UPDATE ON reservations",
            $"IF OLD.state = 'COMMITTED' THEN {Nothing}; END IF"),
        Trigger(
            "a change of stock is not recorded", "Products", "BEFORE INSERT ON stock_changes", $"IF NEW.delta < 0 THEN {Nothing}; END IF"),
        Lost("Products does not say that stock is released", message => message.Carries("StockReleased")),

        // Payments
        Calling("a refund has another key each time", () => OtherKey("/refunds")),
        Calling("a charge that is repeated has another key", () => OtherKey("/charges")),
        Trigger(
            "Payments forgets that the order was cancelled during the charge", "Payments", "BEFORE UPDATE ON payments",
            "NEW.order_cancelled := false"),
        Trigger(
            "Payments forgets that a charge may have been sent", "Payments", "BEFORE UPDATE ON payments",
            "NEW.charges_sent := 0"),
        Trigger(
            "Payments forgets an order that was cancelled before it was charged", "Payments", $"BEFORE INSERT OR UPDATE ON {Policy}",
            """NEW."Data" := NEW."Data" - 'Cancelled'"""),
        Trigger(
            "a charge without an answer is taken as failed", "Payments", "BEFORE UPDATE ON payments",
            "IF NEW.status = 'UNKNOWN' THEN NEW.status := 'FAILED'; NEW.failure_reason := 'unanswered'; END IF"),
        Lost("a refund is decided, but not asked for", message => message.Carries("RefundPayment")),
        Trigger("a part of a refund is recorded", "Payments", "BEFORE INSERT ON refunds", "NEW.amount := greatest(NEW.amount - 1, 1)"),
        Trigger(
            "a payment is of another amount than its order", "Payments", "BEFORE INSERT ON payments", "NEW.amount := NEW.amount + 1"),

        // Settlement
        Trigger(
            "a refund is not entered in the ledger", "Settlement", "BEFORE INSERT ON entries",
            $"IF NEW.fact = 'REFUND' THEN {Nothing}; END IF"),
        Trigger(
            "an entry that comes after the close of its day is missed", "Settlement", "BEFORE INSERT ON entries",
            $"IF NEW.kind = 'ADJUSTMENT' THEN {Nothing}; END IF"),
        Trigger(
            "a day's totals miss an entry", "Settlement", "BEFORE UPDATE ON daily_totals", "NEW.total_amount := OLD.total_amount"),
        Trigger(
            "the close of a day misses its last entry", "Settlement", "BEFORE INSERT ON daily_settlements",
            """
            NEW.total_amount := NEW.total_amount - coalesce((
                SELECT amount FROM entries WHERE report_date = NEW.report_date AND fact = 'CAPTURE' ORDER BY id DESC LIMIT 1), 0)
            """),

        // Users
        Trigger(
            "Users forgets that an order's money is settled", "Users", "BEFORE INSERT OR UPDATE ON orders_of_users",
            "NEW.money_settled := false"),
        Trigger(
            "Users takes an order for that of another customer", "Users", "BEFORE INSERT OR UPDATE ON orders_of_users",
            "NEW.user_id := 3 - NEW.user_id"),
        Trigger(
            "Users does not hear that stock is rejected or released", "Users", "BEFORE INSERT OR UPDATE ON orders_of_users",
            "NEW.stock_released := false"),
    ];

    private static BuiltInFault Trigger(string name, string service, string when, string statements) =>
        new(name) { Service = service, When = when, Statements = statements };

    private static BuiltInFault Receiving(string name, Func<Func<InFlightMessage, Task<InFlightMessage>>> change) =>
        new(name) { Tampering = () => new() { Receiving = change() } };

    private static BuiltInFault Calling(string name, Func<Action<HttpRequestMessage>> change) =>
        new(name) { Tampering = () => new() { Calling = change() } };

    private static BuiltInFault Lost(string name, Func<OutgoingOperation, bool> isLost) =>
        new(name) { Tampering = () => new() { Sending = message => isLost(message) ? null : message } };

    private static BuiltInFault EachTenthLost() => new("each tenth message is lost on its way")
    {
        Tampering = () =>
        {
            var sent = 0;
            return new() { Sending = message => Interlocked.Increment(ref sent) % 10 == 0 ? null : message };
        },
    };

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
