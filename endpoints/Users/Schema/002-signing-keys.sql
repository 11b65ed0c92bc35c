-- A key signs from a moment on, until another does. Those from before lie here unprotected: they sign no more, but their tokens stay valid.
DROP INDEX signing_keys_current;
ALTER TABLE signing_keys DROP COLUMN retired_at;
ALTER TABLE signing_keys ADD COLUMN signs_from timestamptz;
ALTER TABLE signing_keys ALTER COLUMN private_key DROP NOT NULL;
UPDATE signing_keys SET signs_from = created_at, private_key = NULL;
ALTER TABLE signing_keys ALTER COLUMN signs_from SET NOT NULL;
