-- Organisations as a tree. Who is inside whom is one look-up in organisation_paths,
-- which holds every pair of an organisation and one above it, itself included.
CREATE TABLE organisations (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    parent_id UUID REFERENCES organisations (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    suspended_at BIGINT,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX organisations_one_owner ON organisations (kind) WHERE kind = 'owner';
CREATE INDEX organisations_by_parent ON organisations (parent_id);

CREATE TABLE organisation_paths (
    descendant_id UUID NOT NULL REFERENCES organisations (id),
    ancestor_id UUID NOT NULL REFERENCES organisations (id),
    depth BIGINT NOT NULL,
    PRIMARY KEY (descendant_id, ancestor_id)
);
CREATE INDEX organisation_paths_down ON organisation_paths (ancestor_id, descendant_id);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    is_super_admin BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    suspended_at BIGINT
);

CREATE TABLE memberships (
    user_id UUID NOT NULL REFERENCES users (id),
    organisation_id UUID NOT NULL REFERENCES organisations (id),
    role TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, organisation_id)
);
CREATE INDEX memberships_by_organisation ON memberships (organisation_id);

-- What a person signs in with. A password is kept as a PHC string of Argon2id.
CREATE TABLE credentials (
    user_id UUID NOT NULL REFERENCES users (id),
    kind TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- Failed sign-ins of an account or an address; the key is a digest that names neither.
CREATE TABLE throttle_ledgers (
    key BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failure_at BIGINT NOT NULL
);
CREATE INDEX throttle_ledgers_by_age ON throttle_ledgers (last_failure_at);

-- Sign-ins. A token names its session by handle; a browser by the digest of its cookie.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    handle BIGINT NOT NULL UNIQUE,
    user_id UUID NOT NULL REFERENCES users (id),
    organisation_id UUID REFERENCES organisations (id),
    kind TEXT COLLATE "C" NOT NULL,
    cookie_digest BYTEA UNIQUE,
    generation BIGINT NOT NULL,
    rotated_at BIGINT,
    address TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_because TEXT COLLATE "C"
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE systems (
    id UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisations (id),
    name TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    fqdn TEXT COLLATE "C",
    ipv4_address TEXT COLLATE "C",
    ipv6_address TEXT COLLATE "C",
    version TEXT COLLATE "C",
    custom_data JSONB,
    in_maintenance BOOLEAN NOT NULL,
    search_text TEXT COLLATE "C" NOT NULL,
    secret_public_part TEXT COLLATE "C" NOT NULL UNIQUE,
    secret_salt BYTEA NOT NULL,
    secret_digest BYTEA NOT NULL,
    secret_hint TEXT COLLATE "C" NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_by_organisation UUID REFERENCES organisations (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE INDEX systems_by_organisation ON systems (organisation_id, created_at);
CREATE INDEX systems_by_age ON systems (created_at, id);

-- The last sign of life, apart from the rest, because it changes all the time.
CREATE TABLE heartbeats (
    system_id UUID NOT NULL PRIMARY KEY REFERENCES systems (id),
    seen_at BIGINT NOT NULL
);

-- State tokens that created a system: the key is what makes them one-shot.
CREATE TABLE used_states (
    identity BYTEA NOT NULL PRIMARY KEY,
    system_id UUID NOT NULL REFERENCES systems (id),
    used_at BIGINT NOT NULL,
    forget_after BIGINT NOT NULL
);
CREATE INDEX used_states_by_age ON used_states (forget_after);

-- Answers that a repeated request gets again. The answer holds a secret, so it is sealed.
CREATE TABLE idempotency_keys (
    user_id UUID NOT NULL REFERENCES users (id),
    key_digest BYTEA NOT NULL,
    request_digest BYTEA NOT NULL,
    sealed_answer BYTEA NOT NULL,
    settled_at BIGINT,
    created_at BIGINT NOT NULL,
    forget_after BIGINT NOT NULL,
    PRIMARY KEY (user_id, key_digest)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (forget_after);

-- The outbox: callbacks to be delivered. The target may carry somebody's token, so it is sealed.
CREATE TABLE deliveries (
    id UUID NOT NULL PRIMARY KEY,
    system_id UUID NOT NULL UNIQUE REFERENCES systems (id),
    sealed_target BYTEA NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    leased_until BIGINT NOT NULL,
    last_attempt_at BIGINT,
    last_status BIGINT,
    last_failure TEXT COLLATE "C"
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';

CREATE TABLE audit (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL,
    actor_id UUID,
    right_used TEXT COLLATE "C",
    organisation_id UUID,
    action TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id UUID,
    address TEXT COLLATE "C",
    request_id TEXT COLLATE "C" NOT NULL,
    details JSONB NOT NULL
);
CREATE INDEX audit_by_organisation ON audit (organisation_id, at);
CREATE INDEX audit_by_subject ON audit (subject_id, at);

-- Keys that sign. The private part is sealed, and gone once the key is retired.
CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    public_key BYTEA NOT NULL,
    sealed_private_key BYTEA,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    forget_after BIGINT
);
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (purpose) WHERE retired_at IS NULL;

CREATE TABLE setup_links (
    digest BYTEA NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Facts about this installation, such as the proof that the key file belongs to it.
CREATE TABLE properties (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

-- What other nodes must forget, numbered in the order of the commits: the number is
-- taken from the one row of revisions, which a transaction holds until it commits.
CREATE TABLE revisions (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revisions (name, number) VALUES ('authority', 0);

CREATE TABLE invalidations (
    number BIGINT NOT NULL PRIMARY KEY,
    scope TEXT COLLATE "C" NOT NULL,
    subject_id UUID,
    at BIGINT NOT NULL
);
CREATE INDEX invalidations_by_age ON invalidations (at);
