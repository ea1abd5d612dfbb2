-- One row for each address that was mailed a link of late: who asks for one holds it until the end of the
-- transaction, so that the mails of the last hour are counted right when requests race.
CREATE TABLE outbox_recipient (
    address_digest BYTEA PRIMARY KEY,
    asked_at BIGINT NOT NULL
);
-- The link's own count is not needed any more.
ALTER TABLE link DROP COLUMN earlier_1;
ALTER TABLE link DROP COLUMN earlier_2;
