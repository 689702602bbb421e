-- The place of each entry in the chain of the audit log. Entries from before
-- this step have none until the server starts with the key that seals chains.
ALTER TABLE audit ADD COLUMN lane INTEGER;
ALTER TABLE audit ADD COLUMN number INTEGER;
ALTER TABLE audit ADD COLUMN digest BLOB;
CREATE UNIQUE INDEX audit_in_lanes ON audit (lane, number);

-- The end of each lane of the chain, sealed under a key that is not in here.
CREATE TABLE audit_heads (
    lane INTEGER NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    digest BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT, WITHOUT ROWID;
