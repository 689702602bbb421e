-- What is destroyed for good takes its people and systems with it. What they left elsewhere stays: a
-- system whose creator is gone, and a used state, which never becomes good again.
ALTER TABLE systems ALTER COLUMN created_by DROP NOT NULL;
ALTER TABLE used_states ALTER COLUMN system_id DROP NOT NULL;

-- Those who leave with what is being destroyed: empty but inside that transaction.
CREATE TABLE leaving_users (
    user_id UUID NOT NULL PRIMARY KEY
);

-- Whatever is deleted is looked for in all that refers to it.
CREATE INDEX used_states_by_system ON used_states (system_id) WHERE system_id IS NOT NULL;
CREATE INDEX systems_by_creator ON systems (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX systems_by_creating_organisation ON systems (created_by_organisation)
    WHERE created_by_organisation IS NOT NULL;
CREATE INDEX sessions_by_organisation ON sessions (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE INDEX mails_by_user ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX invitations_by_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_by_accepter ON invitations (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX organisations_suspended ON organisations (suspended_through) WHERE suspended_through IS NOT NULL;
CREATE INDEX organisations_deleted ON organisations (deleted_through) WHERE deleted_through IS NOT NULL;
