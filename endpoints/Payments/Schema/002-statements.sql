-- The statement of a day.
CREATE INDEX payments_completed_at ON payments (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX refunds_refunded_at ON refunds (refunded_at) WHERE refunded_at IS NOT NULL;
