-- What a person says of themselves, and when their address was confirmed.
ALTER TABLE users ADD COLUMN confirmed_at BIGINT;
ALTER TABLE users ADD COLUMN phone_number TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN job_title TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN newsletter BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN terms_accepted_at BIGINT;
ALTER TABLE users ADD COLUMN language TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN theme TEXT COLLATE "C";

-- When a session was last used: written now and then, not at each request.
ALTER TABLE sessions ADD COLUMN last_seen_at BIGINT;
ALTER TABLE sessions ADD COLUMN last_address TEXT COLLATE "C";

-- Links that work once: only the digest of what is in them is kept, and the row goes when the link is used.
CREATE TABLE links (
    digest BYTEA NOT NULL PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    user_id UUID REFERENCES users (id),
    email TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX links_by_user ON links (user_id, purpose);
CREATE INDEX links_by_age ON links (expires_at);

-- From where somebody has signed in before, as a digest that names neither: their attempts
-- are counted apart, so that a stranger's failures do not lock them out.
CREATE TABLE known_devices (
    user_id UUID NOT NULL REFERENCES users (id),
    digest BYTEA NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, digest)
);
CREATE INDEX known_devices_by_age ON known_devices (last_used_at);
