-- A payment that failed was never captured, unless the order was confirmed: then the provider captured it after all, and a cancelled order is final
-- only once it is refunded. Older rows have money_settled for failed payments as well.
ALTER TABLE orders_of_users ADD COLUMN payment_failed boolean NOT NULL DEFAULT false;

-- PostgreSQL cannot change the expression of a generated column; the index goes with the column.
ALTER TABLE orders_of_users DROP COLUMN is_final;
ALTER TABLE orders_of_users ADD COLUMN is_final boolean NOT NULL GENERATED ALWAYS AS (
    CASE WHEN cancelled THEN NOT awaits_answers OR (stock_released AND (money_settled OR (payment_failed AND NOT confirmed)))
         ELSE confirmed END) STORED;

CREATE INDEX open_orders_of_users ON orders_of_users (user_id) WHERE NOT is_final;
