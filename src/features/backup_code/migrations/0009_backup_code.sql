CREATE TABLE backup_code (
    account_id BYTEA NOT NULL,
    position BIGINT NOT NULL,      -- 0 to 9
    salt BYTEA NOT NULL,           -- one for the whole set
    memory_kib BIGINT NOT NULL,
    passes BIGINT NOT NULL,
    sealed_hash BYTEA NOT NULL,    -- Argon2id, under a key that is not in the database, bound to account, salt, position
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (account_id, position)
);
