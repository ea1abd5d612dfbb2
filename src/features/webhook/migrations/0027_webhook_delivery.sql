-- One event on its way to one endpoint, and for a while what became of it. An upkeep table: nothing here grants access.
-- message_id: the webhook-id of all its attempts and repeats. account_id: whom the event is about.
-- cause: 1 event, 2 test, 3 repeat. state: 1 waiting, 2 delivered, 3 given up, 4 dropped.
-- due_at: of a waiting one, when it is tried next (while it is being tried, when it would be tried again after a crash);
-- of any other, when it ended.
CREATE TABLE webhook_delivery (
    id BYTEA PRIMARY KEY,
    endpoint_id BYTEA NOT NULL,
    message_id BYTEA NOT NULL,
    account_id BYTEA,
    type TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    cause BIGINT NOT NULL,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_attempt_at BIGINT,
    last_status BIGINT,
    last_duration_ms BIGINT,
    last_error TEXT
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, state, due_at);
CREATE INDEX webhook_delivery_list ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_state ON webhook_delivery (state, due_at);
CREATE INDEX webhook_delivery_account ON webhook_delivery (account_id);
