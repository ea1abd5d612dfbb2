-- Since a restore, until the owner or an operator confirms the set: the code may have been used since the back-up. NULL: not
-- suspended.
ALTER TABLE backup_code ADD COLUMN suspended_at BIGINT;
