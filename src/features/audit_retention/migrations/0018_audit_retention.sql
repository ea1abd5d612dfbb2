-- One row: how far the clock is believed for removing old events, and how long a jump of it has been waited out
-- (retention_clock.h).
CREATE TABLE audit_retention (
    id BIGINT PRIMARY KEY,
    believed_at BIGINT NOT NULL,
    waited BIGINT NOT NULL
);
