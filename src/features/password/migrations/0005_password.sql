CREATE TABLE password (
    account_id BYTEA PRIMARY KEY,
    sealed BYTEA NOT NULL,       -- the PHC string, under a key that is not in the database, bound to account_id
    satisfies BIGINT NOT NULL,   -- 1: the rule for a password alone, 2: the one beside a second factor
    memory_kib BIGINT NOT NULL,  -- the hash's cost, to find the dearest one
    passes BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    must_change BIGINT NOT NULL  -- 1: marked as compromised, a new one is asked for at the next sign-in
);
