-- Agreements: the terms under which licences are issued. A family is all versions of one; of each
-- family there is at most one draft, and one published version.
CREATE TABLE agreements (
    id BLOB NOT NULL PRIMARY KEY,
    family_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    provides TEXT NOT NULL,
    catalogues TEXT NOT NULL,
    duration_days INTEGER,
    amount_per_month INTEGER NOT NULL,
    trials INTEGER NOT NULL,
    grace_days INTEGER NOT NULL,
    systems INTEGER NOT NULL,
    lease_days INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    published_at INTEGER,
    withdrawn_at INTEGER
) STRICT;
CREATE UNIQUE INDEX agreements_versions ON agreements (family_id, version);
CREATE UNIQUE INDEX agreements_one_draft ON agreements (family_id) WHERE published_at IS NULL;
CREATE UNIQUE INDEX agreements_one_published ON agreements (family_id)
    WHERE published_at IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX agreements_by_name ON agreements (folded_name, id);

-- Seats, as many as licences may be issued. Those of one family form a tree: whoever runs the server
-- makes them, and each pool below was given out of another one. The check is the law of conservation.
-- A pool whose holder was destroyed stays, nameless, while anything below it is left; it holds nothing back.
CREATE TABLE seat_pools (
    id BLOB NOT NULL PRIMARY KEY,
    family_id BLOB NOT NULL,
    parent_id BLOB REFERENCES seat_pools (id),
    holder_id BLOB REFERENCES organisations (id),
    depth INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    overdraft INTEGER NOT NULL,
    given INTEGER NOT NULL,
    used INTEGER NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (seats >= 0 AND overdraft >= 0 AND given >= 0 AND used >= 0 AND given + used <= seats + overdraft)
) STRICT;
CREATE UNIQUE INDEX seat_pools_roots ON seat_pools (family_id) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX seat_pools_edges ON seat_pools (parent_id, holder_id) WHERE parent_id IS NOT NULL;
CREATE INDEX seat_pools_by_holder ON seat_pools (holder_id, family_id);
CREATE INDEX seat_pools_by_family ON seat_pools (family_id, depth);
CREATE INDEX seat_pools_by_expiry ON seat_pools (expires_at)
    WHERE expires_at IS NOT NULL AND seats > given + used;
CREATE INDEX seat_pools_nameless ON seat_pools (id) WHERE holder_id IS NULL AND seats > given + used;

-- Licences. One that does not run out ends at the largest number, so that lists have one order.
CREATE TABLE licences (
    id BLOB NOT NULL PRIMARY KEY,
    licence_key TEXT NOT NULL UNIQUE,
    agreement_id BLOB NOT NULL REFERENCES agreements (id),
    holder_id BLOB NOT NULL REFERENCES organisations (id),
    provider_id BLOB REFERENCES organisations (id) ON DELETE SET NULL,
    pool_id BLOB REFERENCES seat_pools (id) ON DELETE SET NULL,
    amount_per_month INTEGER NOT NULL,
    discount_bp INTEGER NOT NULL,
    systems INTEGER NOT NULL,
    bound INTEGER NOT NULL,
    signed_by BLOB REFERENCES users (id) ON DELETE SET NULL,
    signed_at INTEGER,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    paid_until_at INTEGER,
    suspended_at INTEGER,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (bound >= 0 AND bound <= systems)
) STRICT;
CREATE INDEX licences_by_holder ON licences (holder_id, id);
CREATE INDEX licences_by_agreement ON licences (agreement_id, id);
CREATE INDEX licences_by_start ON licences (starts_at, id);
CREATE INDEX licences_by_end ON licences (ends_at, id);
CREATE INDEX licences_by_provider ON licences (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX licences_by_pool ON licences (pool_id) WHERE pool_id IS NOT NULL;
CREATE INDEX licences_by_signer ON licences (signed_by) WHERE signed_by IS NOT NULL;

-- Which systems have which licence.
CREATE TABLE licence_systems (
    licence_id BLOB NOT NULL REFERENCES licences (id) ON DELETE CASCADE,
    system_id BLOB NOT NULL REFERENCES systems (id) ON DELETE CASCADE,
    bound_at INTEGER NOT NULL,
    PRIMARY KEY (licence_id, system_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX licence_systems_by_system ON licence_systems (system_id, licence_id);

-- What happened to a licence while who held it, and by whom.
CREATE TABLE licence_changes (
    licence_id BLOB NOT NULL REFERENCES licences (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    holder_id BLOB REFERENCES organisations (id) ON DELETE SET NULL,
    by_user BLOB REFERENCES users (id) ON DELETE SET NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (licence_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX licence_changes_by_holder ON licence_changes (holder_id) WHERE holder_id IS NOT NULL;
CREATE INDEX licence_changes_by_user ON licence_changes (by_user) WHERE by_user IS NOT NULL;

-- What happened to a pool of seats: so many came or went, from or to another pool or a licence.
CREATE TABLE seat_moves (
    pool_id BLOB NOT NULL REFERENCES seat_pools (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    seats INTEGER NOT NULL,
    other_pool_id BLOB REFERENCES seat_pools (id) ON DELETE SET NULL,
    licence_id BLOB REFERENCES licences (id) ON DELETE SET NULL,
    by_user BLOB REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (pool_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_moves_by_other ON seat_moves (other_pool_id) WHERE other_pool_id IS NOT NULL;
CREATE INDEX seat_moves_by_licence ON seat_moves (licence_id) WHERE licence_id IS NOT NULL;
CREATE INDEX seat_moves_by_user ON seat_moves (by_user) WHERE by_user IS NOT NULL;

-- How many systems of an organisation were given a licence to try, of each family of agreements.
CREATE TABLE trials (
    organisation_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    family_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, family_id)
) STRICT, WITHOUT ROWID;

-- Which ends of licences were mailed about, and how many days before.
CREATE TABLE licence_reminders (
    licence_id BLOB NOT NULL REFERENCES licences (id) ON DELETE CASCADE,
    ends_at INTEGER NOT NULL,
    days INTEGER NOT NULL,
    PRIMARY KEY (licence_id, ends_at, days)
) STRICT, WITHOUT ROWID;

-- The licences below the owner, each distributor and each reseller, whose lists are long: in every order
-- in which they are listed, as far as whoever holds them is not deleted. Those that do not run out have
-- one end, and so an order of their own.
CREATE TABLE licence_places (
    partner_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    licence_id BLOB NOT NULL REFERENCES licences (id) ON DELETE CASCADE,
    agreement_id BLOB NOT NULL REFERENCES agreements (id),
    licence_key TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (partner_id, licence_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX licence_places_by_licence ON licence_places (licence_id);
CREATE INDEX licence_places_by_key ON licence_places (partner_id, licence_key);
CREATE INDEX licence_places_by_start ON licence_places (partner_id, starts_at, licence_id);
CREATE INDEX licence_places_by_end ON licence_places (partner_id, ends_at, licence_id);
CREATE INDEX licence_places_of_agreement ON licence_places (agreement_id, partner_id, licence_id);
CREATE INDEX licence_places_of_agreement_by_key ON licence_places (agreement_id, partner_id, licence_key);
CREATE INDEX licence_places_of_agreement_by_start ON licence_places (agreement_id, partner_id, starts_at, licence_id);
CREATE INDEX licence_places_of_agreement_by_end ON licence_places (agreement_id, partner_id, ends_at, licence_id);
CREATE INDEX endless_places ON licence_places (partner_id, licence_id) WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_by_key ON licence_places (partner_id, licence_key) WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_by_start ON licence_places (partner_id, starts_at, licence_id)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_of_agreement ON licence_places (agreement_id, partner_id, licence_id)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_of_agreement_by_key ON licence_places (agreement_id, partner_id, licence_key)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_of_agreement_by_start ON licence_places (agreement_id, partner_id, starts_at, licence_id)
    WHERE ends_at = 9223372036854775807;

-- How many licences of each agreement these lists have, and how many of them do not run out.
CREATE TABLE licence_totals (
    partner_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    agreement_id BLOB NOT NULL REFERENCES agreements (id),
    number INTEGER NOT NULL,
    endless INTEGER NOT NULL,
    PRIMARY KEY (partner_id, agreement_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX licence_totals_by_agreement ON licence_totals (agreement_id);

-- Each system from the begin of every word of its name on, as people and organisations are kept.
CREATE TABLE system_search_starts (
    system_id BLOB NOT NULL REFERENCES systems (id) ON DELETE CASCADE,
    start TEXT NOT NULL,
    PRIMARY KEY (system_id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX system_search_starts_by_start ON system_search_starts (start, system_id);
