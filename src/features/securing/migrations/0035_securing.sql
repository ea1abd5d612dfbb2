-- Since when an account is being secured: nothing of it is accepted but for the flow that ends this.
ALTER TABLE account ADD COLUMN securing_since BIGINT;

-- What the flow cannot tell from the credentials themselves.
CREATE TABLE securing (
    account_id BYTEA PRIMARY KEY,
    addresses_checked BIGINT NOT NULL
);

-- What the owner said of a line of activity: 1 it was me, 2 it was not.
CREATE TABLE securing_verdict (
    account_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    verdict BIGINT NOT NULL,
    PRIMARY KEY (account_id, event_id)
);
