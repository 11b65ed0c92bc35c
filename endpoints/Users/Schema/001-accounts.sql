CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('customer', 'admin')),
    registered_at timestamptz NOT NULL);

-- One account per address, compared without case; log-in finds the account by it.
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- What one log-in gave out. Revoking is deleting: a token without a family is refused.
CREATE TABLE refresh_families (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL);

CREATE INDEX refresh_families_user ON refresh_families (user_id);

-- The token itself is only with the client. Used ones are kept as long as their family, to know a second use.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    family_id bigint NOT NULL REFERENCES refresh_families ON DELETE CASCADE,
    used_at timestamptz);

CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);

CREATE TABLE signing_keys (
    key_id text PRIMARY KEY,
    private_key bytea NOT NULL,
    public_jwk text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz);

-- Exactly one key signs; instances that start together cannot both create it.
CREATE UNIQUE INDEX signing_keys_current ON signing_keys ((true)) WHERE retired_at IS NULL;
