-- A program of the product beside Keystead. Its token (ks_svc_…) is stored as SHA-256.
CREATE TABLE service_client (
    id BYTEA PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    token_digest BYTEA NOT NULL UNIQUE,
    rights BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
