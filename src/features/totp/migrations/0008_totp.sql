CREATE TABLE totp_authenticator (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,  -- 20 bytes, under a key that is not in the database, bound to id
    last_step BIGINT NOT NULL,     -- the newest time step whose code was accepted; 0: none yet
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,           -- NULL: being enrolled, does not count
    last_used_at BIGINT
);
CREATE INDEX totp_authenticator_by_account ON totp_authenticator (account_id, created_at);
CREATE INDEX totp_authenticator_by_step ON totp_authenticator (last_step);
