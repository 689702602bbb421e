-- Mails on their way. What a mail says may let somebody in, so it is sealed.
CREATE TABLE mails (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB REFERENCES users (id),
    kind TEXT NOT NULL,
    sealed_content BLOB NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_attempt_at INTEGER,
    leased_until INTEGER NOT NULL,
    last_attempt_at INTEGER,
    last_failure TEXT
) STRICT;
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE status = 'pending';
CREATE INDEX mails_done ON mails (last_attempt_at) WHERE status <> 'pending';
