CREATE TABLE payments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- One payment for each order, whatever arrives how often.
    order_id bigint NOT NULL UNIQUE,
    user_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    payment_method text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'UNKNOWN', 'COMPLETED', 'FAILED', 'REFUNDING', 'REFUNDED')),
    -- Set when the order is cancelled while the charge is under way: whoever finishes the charge gives the money back.
    order_cancelled boolean NOT NULL DEFAULT false,
    -- The provider's number of the charge, and its time, so that both books put it on the same business day.
    charge_id bigint,
    completed_at timestamptz,
    failure_reason text,
    created_at timestamptz NOT NULL,
    CHECK ((status IN ('COMPLETED', 'REFUNDING', 'REFUNDED')) = (charge_id IS NOT NULL AND completed_at IS NOT NULL)),
    CHECK ((status = 'FAILED') = (failure_reason IS NOT NULL)));

-- GET /payments of one user, newest first.
CREATE INDEX payments_user ON payments (user_id, id DESC);

CREATE TABLE refunds (
    -- Always of the whole payment, so one at most.
    payment_id bigint PRIMARY KEY REFERENCES payments,
    amount bigint NOT NULL CHECK (amount > 0),
    requested_at timestamptz NOT NULL,
    -- The provider's number of the refund, and its time.
    refund_id bigint,
    refunded_at timestamptz,
    CHECK ((refund_id IS NULL) = (refunded_at IS NULL)));
