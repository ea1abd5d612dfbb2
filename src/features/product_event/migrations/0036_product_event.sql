-- Which events the product has told of: what it told stands in the audit log. By id_digest a repeat is the same
-- event; content_digest shows whether it says the same. Both are keyed: they say nothing of what was told.
CREATE TABLE product_event (
    id_digest BYTEA PRIMARY KEY,
    id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    content_digest BYTEA NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX product_event_account ON product_event (account_id);
CREATE INDEX product_event_age ON product_event (recorded_at);
