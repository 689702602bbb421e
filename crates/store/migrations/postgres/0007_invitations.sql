-- Invitations into an organisation: mailed, each good once, for one address and one role. Only the
-- digest of the token is kept. Whoever was invited by the operator was invited by nobody.
CREATE TABLE invitations (
    id UUID NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL,
    organisation_id UUID NOT NULL REFERENCES organisations (id),
    role TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C",
    invited_by UUID REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    accepted_at BIGINT,
    accepted_by UUID REFERENCES users (id)
);
CREATE UNIQUE INDEX invitations_by_digest ON invitations (digest);
CREATE INDEX invitations_by_organisation ON invitations (organisation_id, created_at);
CREATE INDEX invitations_by_time ON invitations (created_at);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
