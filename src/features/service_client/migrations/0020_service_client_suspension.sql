-- Since a restore, until an operator confirms the client: it may have been revoked since the back-up. NULL: not suspended.
ALTER TABLE service_client ADD COLUMN suspended_at BIGINT;
