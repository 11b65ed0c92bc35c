CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLING', 'CANCELLED')),
    reason text CHECK (reason IN ('OUT_OF_STOCK', 'PAYMENT_DECLINED', 'EXPIRED', 'CUSTOMER', 'SHOP')),
    total_amount bigint NOT NULL CHECK (total_amount > 0),
    payment_method text NOT NULL,
    payment_id bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((reason IS NOT NULL) = (status IN ('CANCELLING', 'CANCELLED'))),
    CHECK (payment_id IS NOT NULL OR status <> 'CONFIRMED'));

-- A customer's own orders, newest first, page by page; the second one when they are filtered by status.
CREATE INDEX orders_of_user ON orders (user_id, id DESC);
CREATE INDEX orders_of_user_by_status ON orders (user_id, status, id DESC);

-- Orders that are still under way: few, however many there are in all.
CREATE INDEX orders_open ON orders (id) WHERE status IN ('PENDING', 'CANCELLING');

CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    position int NOT NULL,
    product_id bigint NOT NULL,
    product_name text NOT NULL,
    quantity int NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price int NOT NULL CHECK (unit_price > 0),
    PRIMARY KEY (order_id, position),
    UNIQUE (order_id, product_id));

-- The history of an order, and the memory of its lifecycle: what happened, each thing once.
CREATE TABLE order_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    name text NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    details json NOT NULL,
    UNIQUE (order_id, name));
