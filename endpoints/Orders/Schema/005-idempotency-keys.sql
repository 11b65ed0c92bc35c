-- The keys under which clients placed orders. A key is written in the transaction of its order: so it is there if and only if the order is,
-- and whoever comes with the same key meanwhile waits for that transaction to end. (The order's id is missing only inside it.)
CREATE TABLE idempotency_keys (
    user_id bigint NOT NULL,
    route text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    body_digest bytea NOT NULL,
    order_id bigint REFERENCES orders,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, route, key));

-- The oldest first, which are to be forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
