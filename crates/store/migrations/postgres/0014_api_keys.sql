-- Personal API keys: a program that has one acts as its person. Only the part of a key that may be
-- known is kept, and a digest of the rest. What is taken back is gone. A key goes with its person,
-- and outlives the organisation that it acts for.
CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organisation_id UUID REFERENCES organisations (id) ON DELETE SET NULL,
    name TEXT COLLATE "C" NOT NULL,
    access TEXT COLLATE "C" NOT NULL,
    public_part TEXT COLLATE "C" NOT NULL,
    salt BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    last_address TEXT COLLATE "C"
);
CREATE UNIQUE INDEX api_keys_by_public_part ON api_keys (public_part);
CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at);
CREATE INDEX api_keys_by_organisation ON api_keys (organisation_id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
