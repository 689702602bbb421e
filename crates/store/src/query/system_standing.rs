//! How the systems of one page of a list stand by their licences.

use bailiwick_domain::id::SystemId;
use bailiwick_domain::licence::standing::LicenceFacts;
use bailiwick_domain::licence::term::GraceDays;
use bailiwick_domain::time::Timestamp;

use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::Value;

/// How many systems are asked about at once; a longer list is asked about in parts.
const AT_ONCE: usize = 25;

statements! {
    Read OF_SYSTEMS = "SELECT b.system_id, a.kind = 'trial', l.starts_at, NULLIF(l.ends_at, 9223372036854775807), \
        a.grace_days, l.suspended_at, l.revoked_at FROM licence_systems b JOIN licences l ON l.id = b.licence_id \
        JOIN agreements a ON a.id = l.agreement_id WHERE b.system_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
        $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) ORDER BY b.system_id, l.id LIMIT 10000";
}

record! {
    struct Row {
        system: SystemId,
        is_trial: bool,
        starts_at: Timestamp,
        expires_at: Option<Timestamp>,
        grace: GraceDays,
        suspended_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

/// What decides how each licence of these systems stands, with the system that has it.
pub async fn of_systems(link: &mut Link, systems: &[SystemId]) -> Result<Vec<(SystemId, LicenceFacts)>> {
    let mut found = Vec::new();
    for some in systems.chunks(AT_ONCE) {
        let mut values: Vec<Value> = some.iter().map(|system| (*system).into()).collect();
        values.resize(AT_ONCE, Value::Null);
        let rows: Vec<Row> = link.all(&OF_SYSTEMS, &values).await?;
        found.extend(rows.into_iter().map(Row::facts));
    }
    Ok(found)
}

impl Row {
    const fn facts(self) -> (SystemId, LicenceFacts) {
        let Self { system, is_trial, starts_at, expires_at, grace, suspended_at, revoked_at } = self;
        (system, LicenceFacts { is_trial, starts_at, expires_at, grace, suspended_at, revoked_at })
    }
}
