-- What merchants are told of their own accord: written together with what it tells of, sent until it is acknowledged.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type text NOT NULL,
    charge_id bigint REFERENCES charges,
    refund_id bigint REFERENCES refunds,
    created_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    -- When it is sent next; null when it is not sent any more.
    next_attempt_at timestamptz,
    delivered_at timestamptz,
    CHECK ((charge_id IS NULL) <> (refund_id IS NULL)),
    CHECK (delivered_at IS NULL OR next_attempt_at IS NULL));

-- Those that are due.
CREATE INDEX webhooks_due ON webhooks (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
