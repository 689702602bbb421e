-- Lists of what stands below an organisation are read in their order: what they are ordered by stands
-- beside each path.
ALTER TABLE organisation_paths ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE organisation_paths ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
CREATE INDEX organisation_paths_by_search ON organisation_paths (ancestor_id, search_text, descendant_id);
CREATE INDEX organisation_paths_by_kind ON organisation_paths (ancestor_id, kind, search_text, descendant_id);
CREATE INDEX organisations_by_kind_and_age ON organisations (kind, created_at, id);
-- The people below each distributor and each reseller, whose lists are long and not everybody's.
CREATE TABLE partner_people (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    partner_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    search_text TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    PRIMARY KEY (user_id, partner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX partner_people_by_age ON partner_people (partner_id, user_id);
CREATE INDEX partner_people_by_search ON partner_people (partner_id, search_text, user_id);
CREATE INDEX partner_people_by_email ON partner_people (partner_id, email_folded, user_id);
