-- The place of each entry in the chain of the audit log. Entries from before
-- this step have none until the server starts with the key that seals chains.
ALTER TABLE audit ADD COLUMN lane BIGINT;
ALTER TABLE audit ADD COLUMN number BIGINT;
ALTER TABLE audit ADD COLUMN digest BYTEA;
CREATE UNIQUE INDEX audit_in_lanes ON audit (lane, number);
-- Digests cover what is stored, byte by byte; JSONB would spell it in its own way.
ALTER TABLE audit ALTER COLUMN details TYPE TEXT COLLATE "C" USING CAST(details AS TEXT);

-- The end of each lane of the chain, sealed under a key that is not in here.
CREATE TABLE audit_heads (
    lane BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    seal BYTEA NOT NULL
);
