-- What a request with an Idempotency-Key made: a repeat within a day is told its id.
CREATE TABLE idempotency_key (
    account_id BYTEA NOT NULL,
    key_digest BYTEA NOT NULL,
    created_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key_digest)
);
CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at);
