-- Links that were mailed: each is good once. Only the digest of its token is kept, and it counts
-- only while the person has the address that it was sent to.
CREATE TABLE links (
    digest BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    email_folded TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_user ON links (user_id, purpose);
CREATE INDEX links_by_expiry ON links (expires_at);

-- Who asked for a new password, with an account or without: what comes of it is done afterwards,
-- so that the answer takes equally long. The address is sealed.
CREATE TABLE reset_requests (
    id BLOB NOT NULL PRIMARY KEY,
    sealed_email BLOB NOT NULL,
    language TEXT,
    address TEXT NOT NULL,
    request_id BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Whoever set a server up vouched for their own address.
UPDATE users SET confirmed_at = created_at WHERE is_super_admin AND confirmed_at IS NULL;
