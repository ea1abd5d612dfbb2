-- Someone half signed in: the first factor is proved, the session not made yet. Opens no other route.
CREATE TABLE sign_in_flow (
    id BYTEA PRIMARY KEY,
    token_digest BYTEA NOT NULL UNIQUE,
    account_id BYTEA NOT NULL,
    account_epoch BIGINT NOT NULL,
    methods TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    trust BIGINT NOT NULL,
    from_known_device BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_flow_by_expiry ON sign_in_flow (expires_at);
CREATE INDEX sign_in_flow_by_account ON sign_in_flow (account_id);
