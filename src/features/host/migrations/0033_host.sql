-- Servers whose logins follow the SSH keys of an account, and what is known of each.
-- login_users: names with spaces between. keys_chosen: 0: all keys of the account, 1: those of host_key.
CREATE TABLE host (
    id BYTEA PRIMARY KEY,
    account_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    login_users TEXT NOT NULL,
    keys_chosen BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    enrolment_digest BYTEA UNIQUE,
    enrolment_ends_at BIGINT,
    token_digest BYTEA UNIQUE,
    enrolled_at BIGINT,
    agent_version TEXT,
    machine_name TEXT,
    suspended_at BIGINT
);
CREATE INDEX host_by_account ON host (account_id, id);

CREATE TABLE host_key (
    host_id BYTEA NOT NULL,
    ssh_key_id BYTEA NOT NULL,
    PRIMARY KEY (host_id, ssh_key_id)
);
CREATE INDEX host_key_by_key ON host_key (ssh_key_id);

-- What a machine says of itself when it is enrolled.
CREATE TABLE host_identity (
    host_id BYTEA NOT NULL,
    position BIGINT NOT NULL,
    public_key TEXT NOT NULL,
    PRIMARY KEY (host_id, position)
);

-- Written behind: when a server last asked, and when it last said that it has what it was told.
CREATE TABLE host_seen (
    host_id BYTEA PRIMARY KEY,
    seen_at BIGINT,
    confirmed_at BIGINT
);

-- A key that could log in to a server and can no longer; confirmed when the server said that it knows.
CREATE TABLE host_removal (
    host_id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    ssh_key_id BYTEA NOT NULL,
    removed_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    PRIMARY KEY (host_id, fingerprint)
);
CREATE INDEX host_removal_by_key ON host_removal (ssh_key_id);

-- Logins as servers report them. id is ours, login_id the server's. They outlive the server, whose name stays with them.
CREATE TABLE host_login (
    id BYTEA PRIMARY KEY,
    host_id BYTEA NOT NULL,
    login_id TEXT NOT NULL,
    host_name TEXT NOT NULL,
    account_id BYTEA NOT NULL,
    ssh_key_id BYTEA,
    fingerprint TEXT NOT NULL,
    login_user TEXT NOT NULL,
    address TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by BIGINT,
    UNIQUE (host_id, login_id)
);
CREATE INDEX host_login_by_account ON host_login (account_id, id);
CREATE INDEX host_login_by_host ON host_login (host_id, id);
CREATE INDEX host_login_by_key ON host_login (ssh_key_id, id);
CREATE INDEX host_login_by_time ON host_login (began_at);

-- The keys with which Keystead signs what it tells servers; the newest signs.
CREATE TABLE host_signer (
    number BIGINT PRIMARY KEY,
    public_key BYTEA NOT NULL,
    sealed_seed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
