-- What administrators and operators look for, found without reading everything. An id of the audit
-- log begins with its moment, so each index has the entries in the order in which they are listed.
DROP INDEX audit_by_subject;
CREATE INDEX audit_by_subject ON audit (subject_id, id);
CREATE INDEX audit_by_actor ON audit (actor_id, id);
CREATE INDEX organisations_by_name ON organisations (name);
CREATE INDEX users_super_admins ON users (id) WHERE is_super_admin;
