-- Where events are sent. account_id NULL: an endpoint of the instance, which hears of every account.
-- state: 1 enabled, 2 disabled by its owner, 3 failing (stopped after the last retry), 4 gone (answered 410).
-- events: names from the catalogue or "group.*", with commas; "*" is everything.
-- secret, previous_secret: sealed, bound to the row; the previous one signs too until previous_until.
CREATE TABLE webhook_endpoint (
    id BYTEA PRIMARY KEY,
    account_id BYTEA,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    events TEXT NOT NULL,
    state BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_account ON webhook_endpoint (account_id, id);
