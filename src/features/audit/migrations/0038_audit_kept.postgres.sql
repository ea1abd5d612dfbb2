-- As in 0038_audit_kept.sql; the events go with the rights of whoever owns the tables. The table is named with the schema
-- it is made in, and nobody else may put the function onto a table of their own: it would remove events for them, or run
-- their triggers as the owner (PostgreSQL 15, CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely").
CREATE TABLE audit_kept (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    first_leaf BIGINT NOT NULL
);
DO $make$
BEGIN
    EXECUTE format($function$
        CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.first_leaf < OLD.first_leaf THEN
                RAISE EXCEPTION 'what was removed from the log does not come back' USING ERRCODE = 'insufficient_privilege';
            END IF;
            DELETE FROM %1$I.audit_event WHERE leaf_index >= 0 AND leaf_index < NEW.first_leaf;
            RETURN NULL;
        END $$$function$, current_schema());
END $make$;
REVOKE ALL ON FUNCTION audit_keep() FROM PUBLIC;
CREATE TRIGGER audit_kept_changed AFTER INSERT OR UPDATE ON audit_kept FOR EACH ROW EXECUTE FUNCTION audit_keep();

-- An event gets its number once and keeps it: a role that owns nothing may write to the column, and only then.
CREATE FUNCTION audit_event_numbered() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an event of the log keeps its number' USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION audit_event_numbered() FROM PUBLIC;
CREATE TRIGGER audit_event_number BEFORE UPDATE OF leaf_index ON audit_event FOR EACH ROW
    WHEN (OLD.leaf_index IS NOT NULL) EXECUTE FUNCTION audit_event_numbered();
