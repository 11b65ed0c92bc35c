-- A closed day, with its figures for good.
CREATE TABLE daily_settlements (
    report_date date PRIMARY KEY,
    total_amount bigint NOT NULL,
    payment_count bigint NOT NULL,
    refund_amount bigint NOT NULL,
    refund_count bigint NOT NULL,
    closed_at timestamptz NOT NULL
);

-- A closed month: the sum of its days, all of which are closed.
CREATE TABLE monthly_settlements (
    settlement_year_month text PRIMARY KEY CHECK (settlement_year_month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
    total_amount bigint NOT NULL,
    payment_count bigint NOT NULL,
    refund_amount bigint NOT NULL,
    refund_count bigint NOT NULL,
    closed_at timestamptz NOT NULL
);

-- The lock between a day's entries, which share it, and its close, which has it alone. Namespace 1 is of days, 2 of months.
CREATE FUNCTION lock_number(day date) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT day - DATE '2000-01-01' $$;

-- The day in which a fact of a day counts: that day while it is open, otherwise the next that is. It stays open until the transaction ends.
CREATE FUNCTION open_day(day date) RETURNS date LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    LOOP
        PERFORM pg_advisory_xact_lock_shared(1, lock_number(day));
        -- A statement of its own, and so with what was committed while the lock was waited for.
        IF NOT EXISTS (SELECT FROM daily_settlements WHERE report_date = day) THEN
            RETURN day;
        END IF;
        SELECT closed.report_date + 1 INTO day
        FROM daily_settlements AS closed
        WHERE closed.report_date >= day
            AND NOT EXISTS (SELECT FROM daily_settlements AS following WHERE following.report_date = closed.report_date + 1)
        ORDER BY closed.report_date
        LIMIT 1;
    END LOOP;
END $$;

-- Whoever writes an entry, it counts where open_day says.
CREATE FUNCTION refuse_other_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.report_date <> open_day(NEW.business_date) THEN
        RAISE EXCEPTION 'A fact of % counts in %, not in %', NEW.business_date, open_day(NEW.business_date), NEW.report_date
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER counts_in_the_open_day BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_other_day();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON daily_settlements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON monthly_settlements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Not even replication, or a session that claims to be one, goes around them.
ALTER TABLE entries ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER counts_in_the_open_day;
ALTER TABLE daily_settlements ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE monthly_settlements ENABLE ALWAYS TRIGGER append_only;

-- The role of the service has no right to change them either.
REVOKE UPDATE, DELETE, TRUNCATE ON entries, daily_settlements, monthly_settlements FROM CURRENT_USER;
