-- A token of an account. Its secrets stand beside it: one, or two while the old one still works after a rotation.
CREATE TABLE api_token (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL,
    permissions BIGINT NOT NULL,
    addresses TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_in BYTEA,
    expires_at BIGINT,
    suspended_at BIGINT
);
CREATE INDEX api_token_by_account ON api_token (account_id, id);
CREATE INDEX api_token_by_expiry ON api_token (expires_at);

-- The holder has the secret, the table its SHA-256.
CREATE TABLE api_token_secret (
    token_digest BYTEA PRIMARY KEY,
    token_id BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT
);
CREATE INDEX api_token_secret_by_token ON api_token_secret (token_id);

-- Written behind, at most 30 s late.
CREATE TABLE api_token_use (
    token_id BYTEA PRIMARY KEY,
    last_used_at BIGINT NOT NULL,
    ip TEXT NOT NULL,
    place_kind BIGINT NOT NULL,
    country_code TEXT NOT NULL,
    city TEXT NOT NULL
);
CREATE TABLE api_token_day (
    token_id BYTEA NOT NULL,
    day BIGINT NOT NULL,
    use_kind BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    PRIMARY KEY (token_id, day, use_kind)
);
CREATE INDEX api_token_day_by_day ON api_token_day (day);
