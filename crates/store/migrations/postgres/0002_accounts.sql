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
