-- Whether an order is final, derived from marks that its events set in any sequence. Rows are kept for good, so that an event that is replayed years
-- later does not open an order again.
CREATE TABLE orders_of_users (
    order_id bigint PRIMARY KEY,
    user_id bigint,
    confirmed boolean NOT NULL DEFAULT false,
    cancelled boolean NOT NULL DEFAULT false,
    awaits_answers boolean NOT NULL DEFAULT false,
    stock_released boolean NOT NULL DEFAULT false,
    money_settled boolean NOT NULL DEFAULT false,
    is_final boolean NOT NULL GENERATED ALWAYS AS (
        CASE WHEN cancelled THEN NOT awaits_answers OR (stock_released AND money_settled) ELSE confirmed END) STORED);

-- The few orders of a user that are not final.
CREATE INDEX open_orders_of_users ON orders_of_users (user_id) WHERE NOT is_final;

-- All orders of a user, for an export.
CREATE INDEX orders_of_users_by_user ON orders_of_users (user_id, order_id);
