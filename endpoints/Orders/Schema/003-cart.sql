CREATE TABLE cart_items (
    user_id bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity int NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    PRIMARY KEY (user_id, product_id));
