-- Products' price list as Orders last heard it. A row may begin with a change that overtook the listing: then it has no name yet.
CREATE TABLE price_list (
    product_id bigint PRIMARY KEY,
    name text,
    name_version bigint NOT NULL DEFAULT 0,
    price int CHECK (price > 0),
    withdrawn boolean NOT NULL DEFAULT false,
    version bigint NOT NULL);
