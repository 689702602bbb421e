-- Personal API keys: a program that has one acts as its person. Only the part of a key that may be
-- known is kept, and a digest of the rest. What is taken back is gone. A key goes with its person,
-- and outlives the organisation that it acts for.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organisation_id BLOB REFERENCES organisations (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    access TEXT NOT NULL,
    public_part TEXT NOT NULL,
    salt BLOB NOT NULL,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used_at INTEGER,
    last_address TEXT
) STRICT;
CREATE UNIQUE INDEX api_keys_by_public_part ON api_keys (public_part);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at);
CREATE INDEX api_keys_by_organisation ON api_keys (organisation_id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
