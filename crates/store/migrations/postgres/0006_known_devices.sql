-- From where people have signed in before: a digest of the account and what tells the device.
CREATE TABLE known_devices (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
CREATE INDEX known_devices_of_user ON known_devices (user_id, last_seen_at);
CREATE INDEX known_devices_by_age ON known_devices (last_seen_at);
