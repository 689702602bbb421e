-- Organisations as a tree. Who is inside whom is one look-up in organisation_paths,
-- which holds every pair of an organisation and one above it, itself included.
CREATE TABLE organisations (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    parent_id BLOB REFERENCES organisations (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    suspended_at INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX organisations_one_owner ON organisations (kind) WHERE kind = 'owner';
CREATE INDEX organisations_by_parent ON organisations (parent_id);

CREATE TABLE organisation_paths (
    descendant_id BLOB NOT NULL REFERENCES organisations (id),
    ancestor_id BLOB NOT NULL REFERENCES organisations (id),
    depth INTEGER NOT NULL,
    PRIMARY KEY (descendant_id, ancestor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organisation_paths_down ON organisation_paths (ancestor_id, descendant_id);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    is_super_admin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    suspended_at INTEGER
) STRICT;

CREATE TABLE memberships (
    user_id BLOB NOT NULL REFERENCES users (id),
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, organisation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_organisation ON memberships (organisation_id);

-- What a person signs in with. A password is kept as a PHC string of Argon2id.
CREATE TABLE credentials (
    user_id BLOB NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- Failed sign-ins of an account or an address; the key is a digest that names neither.
CREATE TABLE throttle_ledgers (
    key BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failure_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_ledgers_by_age ON throttle_ledgers (last_failure_at);

-- Sign-ins. A token names its session by handle; a browser by the digest of its cookie.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    handle INTEGER NOT NULL UNIQUE,
    user_id BLOB NOT NULL REFERENCES users (id),
    organisation_id BLOB REFERENCES organisations (id),
    kind TEXT NOT NULL,
    cookie_digest BLOB UNIQUE,
    generation INTEGER NOT NULL,
    rotated_at INTEGER,
    address TEXT NOT NULL,
    user_agent TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_because TEXT
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE systems (
    id BLOB NOT NULL PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    fqdn TEXT,
    ipv4_address TEXT,
    ipv6_address TEXT,
    version TEXT,
    custom_data TEXT,
    in_maintenance INTEGER NOT NULL,
    search_text TEXT NOT NULL,
    secret_public_part TEXT NOT NULL UNIQUE,
    secret_salt BLOB NOT NULL,
    secret_digest BLOB NOT NULL,
    secret_hint TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_by_organisation BLOB REFERENCES organisations (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
CREATE INDEX systems_by_organisation ON systems (organisation_id, created_at);
CREATE INDEX systems_by_age ON systems (created_at, id);

-- The last sign of life, apart from the rest, because it changes all the time.
CREATE TABLE heartbeats (
    system_id BLOB NOT NULL PRIMARY KEY REFERENCES systems (id),
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- State tokens that created a system: the key is what makes them one-shot.
CREATE TABLE used_states (
    identity BLOB NOT NULL PRIMARY KEY,
    system_id BLOB NOT NULL REFERENCES systems (id),
    used_at INTEGER NOT NULL,
    forget_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_states_by_age ON used_states (forget_after);

-- Answers that a repeated request gets again. The answer holds a secret, so it is sealed.
CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL REFERENCES users (id),
    key_digest BLOB NOT NULL,
    request_digest BLOB NOT NULL,
    sealed_answer BLOB NOT NULL,
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    forget_after INTEGER NOT NULL,
    PRIMARY KEY (user_id, key_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (forget_after);

-- The outbox: callbacks to be delivered. The target may carry somebody's token, so it is sealed.
CREATE TABLE deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    system_id BLOB NOT NULL UNIQUE REFERENCES systems (id),
    sealed_target BLOB NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_attempt_at INTEGER,
    leased_until INTEGER NOT NULL,
    last_attempt_at INTEGER,
    last_status INTEGER,
    last_failure TEXT
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    right_used TEXT,
    organisation_id BLOB,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BLOB,
    address TEXT,
    request_id TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_organisation ON audit (organisation_id, at);
CREATE INDEX audit_by_subject ON audit (subject_id, at);

-- Keys that sign. The private part is sealed, and gone once the key is retired.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sealed_private_key BLOB,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    forget_after INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (purpose) WHERE retired_at IS NULL;

CREATE TABLE setup_links (
    digest BLOB NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Facts about this installation, such as the proof that the key file belongs to it.
CREATE TABLE properties (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What other nodes must forget, numbered in the order of the commits: the number is
-- taken from the one row of revisions, which a transaction holds until it commits.
CREATE TABLE revisions (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revisions (name, number) VALUES ('authority', 0);

CREATE TABLE invalidations (
    number INTEGER NOT NULL PRIMARY KEY,
    scope TEXT NOT NULL,
    subject_id BLOB,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invalidations_by_age ON invalidations (at);
