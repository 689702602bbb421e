-- Whoever is looked for among very many is found by what begins with the searched words: each person
-- and organisation is kept from the begin of every word on.
CREATE TABLE user_search_starts (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    start TEXT NOT NULL,
    PRIMARY KEY (user_id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_search_starts_by_start ON user_search_starts (start, user_id);
CREATE TABLE organisation_search_starts (
    organisation_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    start TEXT NOT NULL,
    PRIMARY KEY (organisation_id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX organisation_search_starts_by_start ON organisation_search_starts (start, organisation_id);
-- The orders in which lists are read without looking at everything that is not on the page.
CREATE INDEX organisations_by_kind ON organisations (kind, search_text, id);
DROP INDEX organisations_by_parent;
CREATE INDEX organisations_by_parent ON organisations (parent_id, search_text, id);
CREATE INDEX users_suspended ON users (suspended_at, id) WHERE suspended_at IS NOT NULL;
CREATE INDEX memberships_by_role_alone ON memberships (role, user_id);
