-- What is known of an organisation beside its name. A VAT number stands once among those below one
-- parent: what others have, elsewhere in the tree, is nobody's business there.
ALTER TABLE organisations ADD COLUMN vat_number TEXT COLLATE "C";
ALTER TABLE organisations ADD COLUMN custom_data JSONB;
ALTER TABLE organisations ADD COLUMN search_text TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE organisations SET search_text = LOWER(name);
CREATE UNIQUE INDEX organisations_vat_number ON organisations (parent_id, vat_number)
    WHERE vat_number IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX organisations_by_vat_number ON organisations (vat_number) WHERE vat_number IS NOT NULL;
CREATE INDEX organisations_by_search ON organisations (search_text, id);
CREATE INDEX organisations_by_age ON organisations (created_at, id);
