-- Lists of licences of a partner are read along an index of their own in every order; by the primary key nothing but
-- the places of one licence. Where many begin at once, and where the lists of several agreements are merged, more is
-- read than is shown: the indexes by key and by begin have all of it, so that nothing is looked up elsewhere.
CREATE TABLE new_places (
    partner_id BLOB NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    licence_id BLOB NOT NULL REFERENCES licences (id) ON DELETE CASCADE,
    agreement_id BLOB NOT NULL REFERENCES agreements (id),
    licence_key TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (licence_id, partner_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_places SELECT partner_id, licence_id, agreement_id, licence_key, starts_at, ends_at FROM licence_places;
DROP TABLE licence_places;
ALTER TABLE new_places RENAME TO licence_places;
CREATE INDEX licence_places_by_id ON licence_places (partner_id, licence_id);
CREATE INDEX licence_places_of_agreement_by_id ON licence_places (agreement_id, partner_id, licence_id);
CREATE INDEX licence_places_by_key ON licence_places (partner_id, licence_key, agreement_id, starts_at, ends_at);
CREATE INDEX licence_places_by_start
    ON licence_places (partner_id, starts_at, licence_id, agreement_id, licence_key, ends_at);
CREATE INDEX licence_places_by_end ON licence_places (partner_id, ends_at, licence_id);
CREATE INDEX licence_places_of_agreement_by_key
    ON licence_places (agreement_id, partner_id, licence_key, starts_at, ends_at);
CREATE INDEX licence_places_of_agreement_by_start
    ON licence_places (agreement_id, partner_id, starts_at, licence_id, licence_key, ends_at);
CREATE INDEX licence_places_of_agreement_by_end ON licence_places (agreement_id, partner_id, ends_at, licence_id);
CREATE INDEX endless_places_by_key ON licence_places (partner_id, licence_key, agreement_id, starts_at, ends_at)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_by_start
    ON licence_places (partner_id, starts_at, licence_id, agreement_id, licence_key, ends_at)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_of_agreement_by_key
    ON licence_places (agreement_id, partner_id, licence_key, starts_at, ends_at)
    WHERE ends_at = 9223372036854775807;
CREATE INDEX endless_places_of_agreement_by_start
    ON licence_places (agreement_id, partner_id, starts_at, licence_id, licence_key, ends_at)
    WHERE ends_at = 9223372036854775807;
