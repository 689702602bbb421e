-- From where people have signed in before: a digest of the account and what tells the device.
CREATE TABLE known_devices (
    digest BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX known_devices_of_user ON known_devices (user_id, last_seen_at);
CREATE INDEX known_devices_by_age ON known_devices (last_seen_at);
