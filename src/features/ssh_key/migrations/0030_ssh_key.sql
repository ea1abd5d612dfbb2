-- A public SSH key of an account. A key that another one replaces stays, with an end, until then.
CREATE TABLE ssh_key (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    key_type BIGINT NOT NULL,
    bits BIGINT NOT NULL,
    blob BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    created_in BYTEA,
    reminded_at BIGINT NOT NULL,
    replaced_by BYTEA,
    ends_at BIGINT,
    suspended_at BIGINT,
    UNIQUE (account_id, fingerprint)
);
CREATE INDEX ssh_key_by_fingerprint ON ssh_key (fingerprint, account_id);
CREATE INDEX ssh_key_by_end ON ssh_key (ends_at);
CREATE INDEX ssh_key_by_reminder ON ssh_key (reminded_at);

-- What an account revoked, and why: what was compromised is not added again.
CREATE TABLE ssh_key_revoked (
    account_id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    reason BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, fingerprint)
);

-- Keys that said of themselves, by a signature, that they are compromised: refused everywhere, for good.
CREATE TABLE ssh_key_compromised (
    fingerprint BYTEA PRIMARY KEY,
    proven_at BIGINT NOT NULL
);
