-- version grows with every change of the row, stock included. It is the ETag, the version in the events and what guards the cache.
-- Free space in each page lets a hot product be updated in place, without touching an index.
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    category text NOT NULL CHECK (length(category) BETWEEN 1 AND 100),
    price int NOT NULL CHECK (price >= 1),
    stock_quantity int NOT NULL CHECK (stock_quantity >= 0),
    version bigint NOT NULL DEFAULT 1,
    listed_at timestamptz NOT NULL,
    withdrawn_at timestamptz
) WITH (fillfactor = 70);

-- GET /products?category=, in the order of its cursor
CREATE INDEX products_on_sale_by_category ON products (category, id) WHERE withdrawn_at IS NULL;

-- What the shop put on the shelf or took off it, the first listing included. For each product, at any time:
--   sum(delta) = stock_quantity + the lines of its reservations that are RESERVED or COMMITTED
CREATE TABLE stock_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products,
    delta int NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE INDEX stock_changes_by_product ON stock_changes (product_id) INCLUDE (delta);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
