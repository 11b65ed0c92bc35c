-- The ledger: what was taken and given back, one entry for each payment and fact, never changed.
-- business_date is the day of the fact, report_date the day in whose settlement it counts. They differ where the fact was heard of after its
-- day had been closed: such an entry is an ADJUSTMENT of report_date, and fact and business_date say of what.
CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL,
    order_id bigint NOT NULL,
    fact text NOT NULL CHECK (fact IN ('CAPTURE', 'REFUND')),
    kind text NOT NULL CHECK (kind IN ('CAPTURE', 'REFUND', 'ADJUSTMENT')),
    amount bigint NOT NULL CHECK (amount > 0),
    occurred_at timestamptz NOT NULL,
    business_date date NOT NULL,
    report_date date NOT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (payment_id, fact),
    CHECK (CASE WHEN report_date = business_date THEN kind = fact ELSE kind = 'ADJUSTMENT' AND report_date > business_date END)
);

-- Reconciliation compares the facts of a day, a close and its reports list what counts in it.
CREATE INDEX entries_by_business_date ON entries (business_date);
CREATE INDEX entries_by_report_date ON entries (report_date, id);

-- The sums of the entries of a day, kept in the transaction that writes the entry. A single row for each day would make all payments wait for
-- each other; so there are up to 64, each connection adding to one of them, and a day is read by adding those up.
CREATE TABLE daily_totals (
    report_date date NOT NULL,
    slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 63),
    total_amount bigint NOT NULL,
    payment_count bigint NOT NULL,
    refund_amount bigint NOT NULL,
    refund_count bigint NOT NULL,
    PRIMARY KEY (report_date, slot)
) WITH (fillfactor = 50);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
