-- Mails waiting to be sent, and for a while what became of them. An upkeep table: nothing here grants access.
-- state: 1 waiting, 2 sent, 3 merged (never sent: the address had enough of that purpose), 4 given up.
-- payload: sealed address, link and facts; gone as soon as the state is not 1 any more.
-- admitted_at: when it was counted against what an address may get in an hour.
CREATE TABLE outbox (
    id BYTEA PRIMARY KEY,
    account_id BYTEA,
    purpose BIGINT NOT NULL,
    address_digest BYTEA NOT NULL,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    admitted_at BIGINT,
    finished_at BIGINT,
    attempts BIGINT NOT NULL,
    payload BYTEA,
    last_error TEXT
);
CREATE INDEX outbox_due ON outbox (state, due_at);
CREATE INDEX outbox_address ON outbox (address_digest, purpose, admitted_at);
CREATE INDEX outbox_account ON outbox (account_id);
