-- Lists of licences of a partner are read along an index of their own in every order; by the primary key nothing but
-- the places of one licence.
ALTER TABLE licence_places
    DROP CONSTRAINT licence_places_pkey,
    ADD CONSTRAINT licence_places_pkey PRIMARY KEY (licence_id, partner_id);
DROP INDEX licence_places_by_licence;
DROP INDEX licence_places_of_agreement;
DROP INDEX endless_places;
DROP INDEX endless_places_of_agreement;
CREATE INDEX licence_places_by_id ON licence_places (partner_id, licence_id);
CREATE INDEX licence_places_of_agreement_by_id ON licence_places (agreement_id, partner_id, licence_id);
