-- Mails on their way. What a mail says may let somebody in, so it is sealed.
CREATE TABLE mails (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID REFERENCES users (id),
    kind TEXT COLLATE "C" NOT NULL,
    sealed_content BYTEA NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    leased_until BIGINT NOT NULL,
    last_attempt_at BIGINT,
    last_failure TEXT COLLATE "C"
);
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE status = 'pending';
CREATE INDEX mails_done ON mails (last_attempt_at) WHERE status <> 'pending';
