-- One row: from which entry on events are kept. Raising it is how retention removes events, so that on PostgreSQL the
-- server's role needs no DELETE on the log (storage/postgres/grants.h).
CREATE TABLE audit_kept (
    id BIGINT PRIMARY KEY,
    first_leaf BIGINT NOT NULL
);
CREATE TRIGGER audit_kept_first AFTER INSERT ON audit_kept BEGIN
    DELETE FROM audit_event WHERE leaf_index >= 0 AND leaf_index < NEW.first_leaf;
END;
CREATE TRIGGER audit_kept_later AFTER UPDATE ON audit_kept BEGIN
    DELETE FROM audit_event WHERE leaf_index >= 0 AND leaf_index < NEW.first_leaf;
END;
