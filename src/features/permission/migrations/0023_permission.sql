-- The number of a permission's name, given once and never used again: sets of permissions are stored as bits.
CREATE TABLE permission (
    number BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE
);
INSERT INTO permission (number, name) VALUES (0, 'read-account');
