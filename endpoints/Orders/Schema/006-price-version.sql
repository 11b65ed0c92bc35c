-- Of which version the price is: a price that was overtaken by a later event that has none (the withdrawal) is still the last one.
-- Of rows from before, those without a price wait for one.
ALTER TABLE price_list ADD COLUMN price_version bigint NOT NULL DEFAULT 0;
UPDATE price_list SET price_version = version WHERE price IS NOT NULL;
