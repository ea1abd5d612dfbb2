-- What an account wants to be told: bits of optional notices (core/notice_kind.h), and when it was last told of an
-- attack, so that whoever causes that again and again fills no mailbox.
CREATE TABLE notice_choice (
    account_id BYTEA PRIMARY KEY,
    chosen BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    attack_told_at BIGINT
);
-- Grave notices leave first (place 1), and what a killed process was sending is told from what was put off.
ALTER TABLE outbox ADD COLUMN place BIGINT NOT NULL DEFAULT 2;
ALTER TABLE outbox ADD COLUMN claimed BIGINT NOT NULL DEFAULT 0;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (state, place, due_at);
