-- Links that took the place of others of their invitations: each was a mail, and mails are counted by
-- the organisation that sends them and by the address that they go to. Rows are kept as long as they count.
CREATE TABLE invitation_resends (
    digest BYTEA NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    email_folded TEXT COLLATE "C" NOT NULL,
    sent_at BIGINT NOT NULL
);
CREATE INDEX invitation_resends_by_organisation ON invitation_resends (organisation_id, sent_at);
CREATE INDEX invitation_resends_by_address ON invitation_resends (email_folded, sent_at);
CREATE INDEX invitation_resends_by_time ON invitation_resends (sent_at);
