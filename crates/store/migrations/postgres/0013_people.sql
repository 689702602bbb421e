-- What a search for people looks through, and the orders in which they are listed. The text begins
-- with the name, so that lists by name have its order.
ALTER TABLE users ADD COLUMN search_text TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET search_text = LOWER(name) || ' ' || email_folded;
CREATE INDEX users_by_search ON users (search_text, id);
CREATE INDEX users_by_age ON users (created_at, id);
-- Whether an organisation has an administrator left is asked of few of its people, however many they are.
CREATE INDEX memberships_by_role ON memberships (organisation_id, role);
