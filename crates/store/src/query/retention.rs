//! Forgetting what is no longer needed: every kind of row that does not live for ever.

use bailiwick_domain::device::KNOWN_FOR;
use bailiwick_domain::invitation::COUNTED_FOR;
use bailiwick_domain::throttle::FORGET_AFTER;
use bailiwick_domain::time::{Span, Timestamp};

use crate::database::Database;
use crate::error::Result;
use crate::statement::{Statement, statements};
use crate::value::values;

/// Rows that one transaction forgets, so that nobody waits long for it.
const ROWS_AT_ONCE: i64 = 500;

statements! {
    Write USED_STATES = "DELETE FROM used_states WHERE identity IN \
        (SELECT identity FROM used_states WHERE forget_after < $1 LIMIT $2)";
    Write IDEMPOTENCY_KEYS = "DELETE FROM idempotency_keys WHERE (user_id, key_digest) IN \
        (SELECT user_id, key_digest FROM idempotency_keys WHERE forget_after < $1 LIMIT $2)";
    Write LEDGERS = "DELETE FROM throttle_ledgers WHERE key IN \
        (SELECT key FROM throttle_ledgers WHERE last_failure_at < $1 LIMIT $2)";
    Write KNOWN_DEVICES = "DELETE FROM known_devices WHERE digest IN \
        (SELECT digest FROM known_devices WHERE last_seen_at < $1 LIMIT $2)";
    Write SESSIONS = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)";
    Write MAILS = "DELETE FROM mails WHERE id IN \
        (SELECT id FROM mails WHERE status <> 'pending' AND last_attempt_at < $1 LIMIT $2)";
    Write SETUP_LINKS = "DELETE FROM setup_links WHERE digest IN \
        (SELECT digest FROM setup_links WHERE expires_at < $1 LIMIT $2)";
    Write LINKS = "DELETE FROM links WHERE digest IN (SELECT digest FROM links WHERE expires_at < $1 LIMIT $2)";
    Write INVITATIONS = "DELETE FROM invitations WHERE id IN \
        (SELECT id FROM invitations WHERE expires_at < $1 LIMIT $2)";
    Write INVITATION_RESENDS = "DELETE FROM invitation_resends WHERE digest IN \
        (SELECT digest FROM invitation_resends WHERE sent_at < $1 LIMIT $2)";
    Write API_KEYS = "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE expires_at < $1 LIMIT $2)";
    Write CONSENTS = "DELETE FROM impersonation_consents WHERE id IN \
        (SELECT id FROM impersonation_consents WHERE expires_at < $1 LIMIT $2)";
    Write IMPERSONATIONS = "DELETE FROM impersonations WHERE id IN \
        (SELECT id FROM impersonations WHERE expires_at < $1 LIMIT $2)";
    Write RESET_REQUESTS = "DELETE FROM reset_requests WHERE id IN \
        (SELECT id FROM reset_requests WHERE created_at < $1 LIMIT $2)";
    Write INVALIDATIONS = "DELETE FROM invalidations WHERE number IN \
        (SELECT number FROM invalidations WHERE at < $1 LIMIT $2)";
    Write SIGNING_KEYS = "DELETE FROM signing_keys WHERE kid IN \
        (SELECT kid FROM signing_keys WHERE forget_after < $1 LIMIT $2)";
}

/// What is forgotten, and how long after the moment that its row names.
static RULES: [(&Statement, Span); 16] = [
    (&USED_STATES, Span::ZERO),
    (&IDEMPOTENCY_KEYS, Span::ZERO),
    (&LEDGERS, FORGET_AFTER),
    (&KNOWN_DEVICES, KNOWN_FOR),
    // Kept a while after their end, so that a reused token is still recognised as one.
    (&SESSIONS, Span::days(7)),
    // For the operator who is asked whether a mail ever left.
    (&MAILS, Span::days(30)),
    (&SETUP_LINKS, Span::days(1)),
    (&LINKS, Span::ZERO),
    // For whoever wonders what became of one.
    (&INVITATIONS, Span::days(30)),
    (&INVITATION_RESENDS, COUNTED_FOR),
    // For whoever wonders why a program is not let in any more.
    (&API_KEYS, Span::days(30)),
    (&CONSENTS, Span::ZERO),
    // With every act: for whoever wonders later what was done as them.
    (&IMPERSONATIONS, Span::days(365)),
    // What could not be worked off for so long, nobody waits for any more.
    (&RESET_REQUESTS, Span::hours(1)),
    (&INVALIDATIONS, Span::hours(1)),
    (&SIGNING_KEYS, Span::ZERO),
];

/// Forgets what may be forgotten now; returns how many rows went.
pub async fn run(database: &Database, now: Timestamp) -> Result<u64> {
    let mut total = 0;
    for (statement, kept_for) in &RULES {
        loop {
            let mut transaction = database.write().await?;
            let gone = transaction.change(statement, values![now.minus(*kept_for), ROWS_AT_ONCE]).await?;
            transaction.commit().await?;
            total += gone;
            if gone < ROWS_AT_ONCE.unsigned_abs() {
                break;
            }
        }
    }
    Ok(total)
}
