-- What a person says of themselves, and when their address was confirmed.
ALTER TABLE users ADD COLUMN confirmed_at INTEGER;
ALTER TABLE users ADD COLUMN phone_number TEXT;
ALTER TABLE users ADD COLUMN job_title TEXT;
ALTER TABLE users ADD COLUMN newsletter INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN terms_accepted_at INTEGER;
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN theme TEXT;

-- When a session was last used: written now and then, not at each request.
ALTER TABLE sessions ADD COLUMN last_seen_at INTEGER;
ALTER TABLE sessions ADD COLUMN last_address TEXT;

-- Links that work once: only the digest of what is in them is kept, and the row goes when the link is used.
CREATE TABLE links (
    digest BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id BLOB REFERENCES users (id),
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_user ON links (user_id, purpose);
CREATE INDEX links_by_age ON links (expires_at);

-- From where somebody has signed in before, as a digest that names neither: their attempts
-- are counted apart, so that a stranger's failures do not lock them out.
CREATE TABLE known_devices (
    user_id BLOB NOT NULL REFERENCES users (id),
    digest BLOB NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_devices_by_age ON known_devices (last_used_at);
