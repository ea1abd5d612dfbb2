-- One-time links. `slot` is what at most one link exists for: a newer one takes the row over.
-- made_at, earlier_1 and earlier_2 are when the slot's last three links were made.
CREATE TABLE link (
    slot BYTEA PRIMARY KEY,
    id BYTEA NOT NULL UNIQUE,
    digest BYTEA NOT NULL,
    purpose BIGINT NOT NULL,
    effect BIGINT NOT NULL,
    account_id BYTEA,
    address TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    earlier_1 BIGINT NOT NULL,
    earlier_2 BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX link_account ON link (account_id);
CREATE INDEX link_address ON link (address);
CREATE INDEX link_expires_at ON link (expires_at);
