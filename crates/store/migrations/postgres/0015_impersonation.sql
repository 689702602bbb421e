-- Impersonation by consent. A person grants it for a while, at most once at a time; whoever helps them
-- then has a session of theirs, which hangs on the consent and on the helper's own session.
CREATE TABLE impersonation_consents (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    id UUID NOT NULL UNIQUE,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX impersonation_consents_by_expiry ON impersonation_consents (expires_at);

-- The session of whoever acts as the person of this one, and the consent by which they do.
ALTER TABLE sessions ADD COLUMN actor_session_id UUID REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN consent_id UUID;
CREATE INDEX sessions_by_actor ON sessions (actor_session_id);

-- What the person is told of it, longer than sessions are kept: who acted as them, and every act.
CREATE TABLE impersonations (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    actor_id UUID REFERENCES users (id) ON DELETE SET NULL,
    actor_name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX impersonations_by_user ON impersonations (user_id, started_at);
CREATE INDEX impersonations_by_actor ON impersonations (actor_id);
CREATE INDEX impersonations_by_expiry ON impersonations (expires_at);

CREATE TABLE impersonated_acts (
    id UUID NOT NULL PRIMARY KEY,
    impersonation_id UUID NOT NULL REFERENCES impersonations (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX impersonated_acts_by_impersonation ON impersonated_acts (impersonation_id, at);
