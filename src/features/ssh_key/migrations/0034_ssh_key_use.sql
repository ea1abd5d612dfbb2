-- When a server last reported a login with the key.
ALTER TABLE ssh_key ADD COLUMN last_used_at BIGINT;
