-- An operator's wish to take an account's second factors away, while its owner can still object.
CREATE TABLE factor_reset (
    account_id BYTEA PRIMARY KEY,
    asked_by BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    next_mail_at BIGINT NOT NULL
);
