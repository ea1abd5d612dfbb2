-- What the check-up has to find of a password and of countries, which nobody knows later: both are seen at a sign-in alone.
ALTER TABLE password ADD COLUMN assessment BYTEA; -- sealed; NULL: not looked at since it was chosen
ALTER TABLE known_country ADD COLUMN first_seen_at BIGINT NOT NULL DEFAULT 0;
