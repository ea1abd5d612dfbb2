-- Since when the account has known the browser that a session began in; NULL: it did not, and does not.
ALTER TABLE session ADD COLUMN device_known_since BIGINT;
UPDATE session SET device_known_since = created_at WHERE shared_device = 0;
