-- Who is registered. Emails are canonical (email_address.h) and compared byte by byte on both engines.
CREATE TABLE account (
    id BYTEA PRIMARY KEY,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    state BIGINT NOT NULL,
    is_operator BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    personal_team BYTEA NOT NULL,
    factors_frozen_until BIGINT,
    delete_at BIGINT,
    pending_email TEXT COLLATE "C",
    pending_email_until BIGINT,
    email_undo_until BIGINT
);
CREATE INDEX account_delete_at ON account (delete_at) WHERE delete_at IS NOT NULL;

-- Whose an address is: the sign-in address of an account (no expiry), or one it may still return to.
CREATE TABLE email_claim (
    email TEXT COLLATE "C" PRIMARY KEY,
    account_id BYTEA NOT NULL,
    claimed_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX email_claim_account ON email_claim (account_id);

-- Further addresses that notices go to, once confirmed. Any number of accounts may name the same.
CREATE TABLE account_address (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    UNIQUE (account_id, email)
);

-- Owns what is not a person's own. Every account has a personal one.
CREATE TABLE team (
    id BYTEA PRIMARY KEY,
    kind BIGINT NOT NULL,
    owner_account BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX team_owner ON team (owner_account);
