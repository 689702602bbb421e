-- A suspension or a deletion reaches everything below: beside what was decided of an organisation
-- itself stands the topmost organisation through which it is out, itself included.
ALTER TABLE organisations ADD COLUMN suspended_through BLOB REFERENCES organisations (id);
ALTER TABLE organisations ADD COLUMN deleted_through BLOB REFERENCES organisations (id);
UPDATE organisations SET
    suspended_through = (SELECT p.ancestor_id FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id
        WHERE p.descendant_id = organisations.id AND a.suspended_at IS NOT NULL ORDER BY p.depth DESC LIMIT 1),
    deleted_through = (SELECT p.ancestor_id FROM organisation_paths p JOIN organisations a ON a.id = p.ancestor_id
        WHERE p.descendant_id = organisations.id AND a.deleted_at IS NOT NULL ORDER BY p.depth DESC LIMIT 1);
-- Whoever changes the tree, or adds to it, does so one after the other.
INSERT INTO revisions (name, number) VALUES ('tree', 0);
