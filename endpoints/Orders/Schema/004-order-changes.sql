-- Each status that an order took, in its order, with what went with it: what a client that follows the order may have missed.
-- Written by the statement that writes the status.
CREATE TABLE order_changes (
    order_id bigint NOT NULL REFERENCES orders,
    number int NOT NULL CHECK (number > 0),
    status text NOT NULL,
    reason text,
    payment_id bigint,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, number));

INSERT INTO order_changes (order_id, number, status, reason, payment_id, at)
SELECT id, 1, status, reason, payment_id, updated_at FROM orders;
