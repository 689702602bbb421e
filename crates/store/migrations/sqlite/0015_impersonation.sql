-- Impersonation by consent. A person grants it for a while, at most once at a time; whoever helps them
-- then has a session of theirs, which hangs on the consent and on the helper's own session.
CREATE TABLE impersonation_consents (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    id BLOB NOT NULL UNIQUE,
    granted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX impersonation_consents_by_expiry ON impersonation_consents (expires_at);

-- The session of whoever acts as the person of this one, and the consent by which they do.
ALTER TABLE sessions ADD COLUMN actor_session_id BLOB REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN consent_id BLOB;
CREATE INDEX sessions_by_actor ON sessions (actor_session_id);

-- What the person is told of it, longer than sessions are kept: who acted as them, and every act.
CREATE TABLE impersonations (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    actor_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    actor_name TEXT NOT NULL,
    address TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX impersonations_by_user ON impersonations (user_id, started_at);
CREATE INDEX impersonations_by_actor ON impersonations (actor_id);
CREATE INDEX impersonations_by_expiry ON impersonations (expires_at);

CREATE TABLE impersonated_acts (
    id BLOB NOT NULL PRIMARY KEY,
    impersonation_id BLOB NOT NULL REFERENCES impersonations (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX impersonated_acts_by_impersonation ON impersonated_acts (impersonation_id, at);
