-- The index of the audit log: for each term (leaf_set.h, search_term.h) and each block of 4,096 entries the set of
-- leaves whose events have it. Made from the events by a job, and can be made again.
CREATE TABLE audit_posting (
    term BIGINT NOT NULL,
    block BIGINT NOT NULL,
    leaves BYTEA NOT NULL,
    PRIMARY KEY (term, block)
);

-- The earliest and the latest time in a block, and in each 256 entries of it.
CREATE TABLE audit_search_time (
    block BIGINT PRIMARY KEY,
    at_min BIGINT NOT NULL,
    at_max BIGINT NOT NULL,
    parts BYTEA NOT NULL
);

-- One row: how many entries are indexed.
CREATE TABLE audit_search (
    id BIGINT PRIMARY KEY,
    indexed BIGINT NOT NULL
);
