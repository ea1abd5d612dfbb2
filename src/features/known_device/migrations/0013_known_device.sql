-- Browsers and countries from which an account has signed in before. Grants nothing: it chooses an attempt budget and
-- decides whether a sign-in is reported.
CREATE TABLE known_device (
    account_id BYTEA NOT NULL,
    token_digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_digest)
);
CREATE TABLE known_country (
    account_id BYTEA NOT NULL,
    country_code TEXT NOT NULL,
    PRIMARY KEY (account_id, country_code)
);
