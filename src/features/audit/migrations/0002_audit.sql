-- The audit log. The columns beside `canonical` repeat what stands in it, for search; verification compares them.
CREATE TABLE audit_event (
    id BYTEA PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind BIGINT NOT NULL,
    actor_id BYTEA,
    account_id BYTEA,
    action TEXT COLLATE "C" NOT NULL,
    outcome BIGINT NOT NULL,
    target_kind TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    nonce BYTEA NOT NULL,
    canonical BYTEA NOT NULL,
    leaf_index BIGINT
);
-- Serves the tree's order and, since both engines index NULL, the search for events that have no number yet.
CREATE UNIQUE INDEX audit_event_leaf ON audit_event (leaf_index);
CREATE INDEX audit_event_account ON audit_event (account_id, id);

-- Personal values and their salts: all that erasing a person has to delete. `subject_id` is whose they are; part 0 is the
-- circumstances (address, client) of who acted, part 1 the details of whom it concerned.
CREATE TABLE audit_value (
    event_id BYTEA NOT NULL,
    part BIGINT NOT NULL,
    subject_id BYTEA,
    ip_digest BYTEA,
    contents BYTEA NOT NULL,
    PRIMARY KEY (event_id, part)
);
CREATE INDEX audit_value_subject ON audit_value (subject_id, event_id);

-- The Merkle tree as tiles (tiles.h); level -1 holds the entries themselves.
CREATE TABLE audit_tile (
    level BIGINT NOT NULL,
    tile_index BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, tile_index)
);

-- One row, made when the first event is numbered: how large the tree is and its root.
CREATE TABLE audit_tree (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL
);
