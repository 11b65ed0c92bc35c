-- One row for each idempotency key that was ever used or voided; the unique key is what makes a second charge impossible.
CREATE TABLE charges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    -- What was asked for; unknown only where a key was voided before it was used.
    reference text,
    amount bigint CHECK (amount > 0),
    payment_method text,
    -- OPEN: asked for, nothing taken yet. The other three are final.
    status text NOT NULL CHECK (status IN ('OPEN', 'CHARGED', 'DECLINED', 'VOIDED')),
    decline_reason text,
    attempts int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    charged_at timestamptz,
    CHECK (status = 'VOIDED' OR (reference IS NOT NULL AND amount IS NOT NULL AND payment_method IS NOT NULL)),
    CHECK ((status = 'CHARGED') = (charged_at IS NOT NULL)),
    CHECK ((status = 'DECLINED') = (decline_reason IS NOT NULL)));

-- The daily statement.
CREATE INDEX charges_charged_at ON charges (charged_at) WHERE charged_at IS NOT NULL;

CREATE TABLE refunds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    charge_id bigint NOT NULL REFERENCES charges,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL CHECK (status IN ('OPEN', 'REFUNDED')),
    attempts int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    refunded_at timestamptz,
    CHECK ((status = 'REFUNDED') = (refunded_at IS NOT NULL)));

-- How much of a charge is left to refund.
CREATE INDEX refunds_charge ON refunds (charge_id);
-- The daily statement.
CREATE INDEX refunds_refunded_at ON refunds (refunded_at) WHERE refunded_at IS NOT NULL;
