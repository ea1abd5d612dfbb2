-- Names under which the log was and is published; the last one signs. Each has a key of its own, sealed under the root key.
CREATE TABLE audit_origin (
    number BIGINT PRIMARY KEY,
    origin TEXT COLLATE "C" NOT NULL UNIQUE,
    reason TEXT COLLATE "C" NOT NULL,
    first_size BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    sealed_seed BYTEA NOT NULL
);
