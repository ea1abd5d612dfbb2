-- What a server has not confirmed, and its newest removals: both are read under the account's lock.
CREATE INDEX host_removal_pending ON host_removal (host_id) WHERE confirmed_at IS NULL;
CREATE INDEX host_removal_by_time ON host_removal (host_id, removed_at);

-- Restores: a server that was registered in between is one that the back-up does not know. It has not ended for that.
CREATE TABLE host_restore (
    restored_at BIGINT PRIMARY KEY,
    made_at BIGINT NOT NULL
);
