-- A session that ended has no row: revoking deletes it. The browser holds a token, the table its SHA-256.
CREATE TABLE session (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    token_digest BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT,
    idle_timeout BIGINT,
    remembered BIGINT NOT NULL,
    shared_device BIGINT NOT NULL,
    must_authenticate BIGINT NOT NULL,
    methods TEXT NOT NULL,
    ip TEXT NOT NULL,
    place_kind BIGINT NOT NULL,
    country_code TEXT NOT NULL,
    city TEXT NOT NULL,
    device_kind BIGINT NOT NULL,
    browser TEXT NOT NULL,
    browser_version TEXT NOT NULL,
    system TEXT NOT NULL
);
CREATE INDEX session_by_account ON session (account_id, id);
CREATE INDEX session_by_expiry ON session (expires_at);

-- Written behind, at most 30 s late; an absent row means: last active when created.
CREATE TABLE session_activity (
    session_id BYTEA PRIMARY KEY,
    last_active_at BIGINT NOT NULL
);
