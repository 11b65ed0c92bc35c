-- The canonical spelling of the address (EmailIdentity), by which an account is found. Null where the previous version of the service, which runs
-- beside this one during an update, has registered the account; and where an older account has the same address in another spelling. The service
-- fills in what it can at its start.
ALTER TABLE users ADD COLUMN email_key text;

-- One account per address. The index of lower(email), whose result depends on the locale of the database, stays for the previous version.
CREATE UNIQUE INDEX users_email_key ON users (email_key);
