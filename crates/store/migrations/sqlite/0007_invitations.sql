-- Invitations into an organisation: mailed, each good once, for one address and one role. Only the
-- digest of the token is kept. Whoever was invited by the operator was invited by nobody.
CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    language TEXT,
    invited_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    accepted_at INTEGER,
    accepted_by BLOB REFERENCES users (id)
) STRICT;
CREATE UNIQUE INDEX invitations_by_digest ON invitations (digest);
CREATE INDEX invitations_by_organisation ON invitations (organisation_id, created_at);
CREATE INDEX invitations_by_time ON invitations (created_at);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
