-- Where a role for rows stands beside the owner of the tables, it was given every right to rows as the tables were made. It has none to change these.
-- (The owner keeps its right to reconciliations: a reference to a row locks it in the owner's name.)
DO $$
DECLARE
    other regrole;
BEGIN
    FOR other IN
        SELECT DISTINCT grantee
        FROM pg_class CROSS JOIN aclexplode(relacl)
        WHERE relname IN ('entries', 'daily_settlements', 'monthly_settlements', 'reconciliations', 'differences')
            AND relnamespace = 'public'::regnamespace AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format(
            'REVOKE UPDATE, DELETE, TRUNCATE ON entries, daily_settlements, monthly_settlements, reconciliations, differences FROM %s', other);
    END LOOP;
END $$;

-- Not even replication, or a session that claims to be one, goes around their triggers either.
ALTER TABLE reconciliations ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE differences ENABLE ALWAYS TRIGGER append_only;
