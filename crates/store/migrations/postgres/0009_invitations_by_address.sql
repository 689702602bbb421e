-- Invitations are counted by the address that they go to, whoever sends them.
CREATE INDEX invitations_by_address ON invitations (email_folded, created_at);
