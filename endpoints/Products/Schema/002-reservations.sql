-- What was decided for an order. RELEASED without lines is a tombstone: the order was cancelled before it arrived.
CREATE TABLE reservations (
    order_id bigint PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('RESERVED', 'REJECTED', 'COMMITTED', 'RELEASED')),
    changed_at timestamptz NOT NULL
);

-- What the order asked for. It is off the shelf only while the reservation is RESERVED or COMMITTED.
-- No reference to products: an order may name one that never was, and is rejected for it.
CREATE TABLE reservation_lines (
    order_id bigint NOT NULL REFERENCES reservations,
    product_id bigint NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
);
