-- A charge that the provider itself took back has no refund of its own, and so no number of one.
ALTER TABLE refunds DROP CONSTRAINT refunds_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_check CHECK (refund_id IS NULL OR refunded_at IS NOT NULL);
