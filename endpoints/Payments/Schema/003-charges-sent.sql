-- How many requests for the money may have reached the provider: counted before each is sent, taken back when it certainly was not.
-- While it is 0 nothing was taken, so the payment can fail without asking the provider. Of payments from before nothing is known.
ALTER TABLE payments ADD COLUMN charges_sent int NOT NULL DEFAULT 1 CHECK (charges_sent >= 0);
ALTER TABLE payments ALTER COLUMN charges_sent SET DEFAULT 0;
