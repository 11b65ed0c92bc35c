-- Each comparison of the three books for a day, and what it found; never changed either.
CREATE TABLE reconciliations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    business_date date NOT NULL,
    matched bigint NOT NULL,
    differences bigint NOT NULL,
    reconciled_at timestamptz NOT NULL
);

-- The latest comparison of a day.
CREATE INDEX reconciliations_by_date ON reconciliations (business_date, id);

-- What was given back has negative amounts; what a book does not have is null.
CREATE TABLE differences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reconciliation_id bigint NOT NULL REFERENCES reconciliations,
    kind text NOT NULL,
    order_id bigint,
    payment_id bigint,
    provider_amount bigint,
    payment_amount bigint,
    ledger_amount bigint
);

-- The differences of a comparison, page by page.
CREATE INDEX differences_by_reconciliation ON differences (reconciliation_id, id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciliations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON differences
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
