-- What a node notes about itself and its jobs. An upkeep table: nothing here grants access.
CREATE TABLE node (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL,
    noted_at BIGINT NOT NULL
);
