-- One row: how far the log was sent away (audit_shipping_store.h). `place` is SHA-256 of the receiver's address, in hex.
CREATE TABLE audit_shipping (
    id BIGINT PRIMARY KEY,
    place TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    next_leaf BIGINT NOT NULL,
    failing_since BIGINT,
    told_at BIGINT
);
