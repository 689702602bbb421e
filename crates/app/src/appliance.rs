//! What systems ask for themselves: who they are, what they may do, and a signed file that says so.

use std::sync::atomic::{AtomicI64, Ordering};

use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::Refusal;
use bailiwick_domain::id::{OrganisationId, SystemId};
use bailiwick_domain::licence::entitlement::{Entitlement, Holding, Until};
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_domain::system::{PresentedSecret, SystemLogin};
use bailiwick_domain::time::Timestamp;
use bailiwick_licence::{CLOCK_TOLERANCE, Draft, LicenceRequest, PublicKey, State};
use bailiwick_store::Link;
use bailiwick_store::query::appliance::{self, ApplianceRecord};
use bailiwick_store::query::{licence_system, system};
use serde_json::json;

use crate::audit::Act;
use crate::caller::Authority;
use crate::context::Context;

/// The most bytes of a request file.
pub const REQUEST_MAX: usize = bailiwick_licence::REQUEST_MAX;

/// A system in the middle of a request of its own.
#[derive(Clone, Debug)]
pub struct Appliance {
    /// Its id.
    pub system: SystemId,
    /// The organisation that it belongs to.
    pub organisation: OrganisationId,
    /// How that is called.
    pub organisation_name: Name,
}

/// What comes of a request file.
#[derive(Clone, Debug)]
pub enum RequestAnswer {
    /// The licence file.
    File(String),
    /// Nothing yet: by the clock of the system the request is from another time, which whoever carries it has to know.
    ClockIsOff {
        /// When it was made, by that clock.
        made: Timestamp,
    },
}

/// The numbers of licence files: the moment of each, and never one twice.
///
/// They are of the clock and not of the database, which may be put back from a backup: a system believes no file with a
/// smaller number than the one that it has.
#[derive(Debug, Default)]
pub(crate) struct Leases(AtomicI64);

impl Leases {
    fn next(&self, now: Timestamp) -> u64 {
        let now = now.microseconds();
        let later = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or_default();
        now.max(last.saturating_add(1)).try_into().unwrap_or_default()
    }
}

impl Context {
    /// Which system presents this name and this secret.
    ///
    /// # Errors
    /// [`Code::ApplianceCredentials`]; [`Code::ApplianceSuspended`].
    pub async fn identify_appliance(&self, name: &str, secret: &str) -> Result<Appliance, Fault> {
        let presented = PresentedSecret::read(name, secret).ok_or(Code::ApplianceCredentials)?;
        let mut link = self.database.read().await?;
        let found = match presented.login() {
            SystemLogin::Id(id) => appliance::by_id(&mut link, *id).await?,
            SystemLogin::Key(key) => appliance::by_key(&mut link, key).await?,
        };
        let proves = |found: &ApplianceRecord| presented.belongs_to(&found.public_part, &found.salt, &found.digest);
        let found = found.filter(proves).ok_or(Code::ApplianceCredentials)?;
        identified(found)
    }

    /// What a system may use now.
    pub async fn entitlement(&self, system: SystemId) -> Result<Entitlement, Fault> {
        entitlement(&mut self.database.read().await?, system, self.now()).await
    }

    /// A signed file that says what a system may use, for as long as it may rely on that.
    ///
    /// # Errors
    /// [`Code::LicenceFileTooLong`].
    pub async fn licence_file(&self, appliance: &Appliance) -> Result<String, Fault> {
        let now = self.now();
        let found = entitlement(&mut self.database.read().await?, appliance.system, now).await?;
        self.write_licence_file(appliance, &found, now)
    }

    /// The same file for a system that cannot reach this server: somebody who manages the system carries it there.
    ///
    /// # Errors
    /// [`Code::SystemNotFound`]; [`Code::InsufficientPermissions`]; [`Code::ApplianceSuspended`];
    /// [`Code::LicenceFileTooLong`].
    pub async fn issue_licence_file(&self, by: impl Into<Authority<'_>>, id: SystemId) -> Result<String, Fault> {
        let (by, now) = (by.into(), self.now());
        let mut transaction = self.database.write().await?;
        managed(&mut transaction, by, id).await?;
        let found = appliance::by_id(&mut transaction, id).await?.ok_or(Code::SystemNotFound)?;
        let appliance = identified(found)?;
        let allowed = entitlement(&mut transaction, id, now).await?;
        let file = self.write_licence_file(&appliance, &allowed, now)?;
        let act = Act {
            action: "license.file_issued",
            subject_kind: "system",
            subject: Some(id.uuid()),
            organisation: Some(appliance.organisation),
            details: json!({ "state": allowed.standing.state, "until": allowed.lease_until.rfc3339() }),
        };
        self.audit(&mut transaction, by.actor(), act, now).await?;
        transaction.commit().await?;
        Ok(file)
    }

    /// Answers the request file of a system without a network, carried here by somebody who manages it.
    ///
    /// # Errors
    /// As [`Context::issue_licence_file`]; a validation fault on `request` where the file is none of this system's.
    pub async fn answer_licence_request(
        &self,
        by: impl Into<Authority<'_>>,
        id: SystemId,
        file: &[u8],
    ) -> Result<RequestAnswer, Fault> {
        let (by, now) = (by.into(), self.now());
        managed(&mut self.database.read().await?, by, id).await?;
        let request = LicenceRequest::open(file).map_err(|refusal| refused(unreadable(refusal)))?;
        if request.system != id.to_string() {
            return Err(refused("a request of this system, and not of another one"));
        }
        // What a system has believed has a number of the clock that wrote it: a smaller one it would refuse.
        if request.lease > u64::try_from(now.microseconds()).unwrap_or_default() {
            let expected = "a request of a system without a newer file than this server can write: set the clock of this \
                            server right first";
            return Err(refused(expected));
        }
        let made = Timestamp::from_seconds(request.made);
        if now.since(made).as_seconds().abs() > CLOCK_TOLERANCE {
            return Ok(RequestAnswer::ClockIsOff { made });
        }
        Ok(RequestAnswer::File(self.issue_licence_file(by, id).await?))
    }

    /// The public key that licence files are signed with: what belongs into the firmware of appliances.
    #[must_use]
    pub fn licence_key(&self) -> PublicKey {
        self.keys.licence_key()
    }

    fn write_licence_file(
        &self,
        appliance: &Appliance,
        entitlement: &Entitlement,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let keys = self.keys.current();
        let standing = entitlement.standing;
        let licences: Vec<String> = entitlement.licences.iter().map(ToString::to_string).collect();
        let draft = Draft {
            issuer: &self.settings.base_url.origin(),
            system: &appliance.system.to_string(),
            lease: self.leases.next(now),
            issued: now.seconds(),
            until: entitlement.lease_until.seconds(),
            state: written_state(standing.state),
            // Before 1970 nothing was licensed, whatever somebody wrote.
            since: standing.since.map(|since| since.seconds().max(0)),
            ends: entitlement.ends_at.map(Timestamp::seconds),
            grace: entitlement.grace_ends_at.map(Timestamp::seconds),
            holder: Some(appliance.organisation_name.as_str()),
            licences: &licences,
            provides: &words(&entitlement.provides),
            catalogues: &words(&entitlement.catalogues),
        };
        let too_long = |_| Fault::from(Code::LicenceFileTooLong);
        let unsigned = draft.unsigned(&keys.licence_key()).map_err(too_long)?;
        let signature = keys.sign_licence_file(unsigned.bytes());
        unsigned.signed(&signature).map_err(too_long)
    }
}

/// The system, unless it is refused everything.
fn identified(found: ApplianceRecord) -> Result<Appliance, Fault> {
    if found.is_suspended {
        return Err(Code::ApplianceSuspended.into());
    }
    let ApplianceRecord { id: system, organisation, organisation_name, .. } = found;
    Ok(Appliance { system, organisation, organisation_name })
}

pub(crate) async fn entitlement(link: &mut Link, system: SystemId, now: Timestamp) -> Result<Entitlement, Fault> {
    let standings = licence_system::standings(link, system).await?;
    let holdings: Vec<Holding> = standings
        .into_iter()
        .map(|one| Holding {
            licence: one.id,
            facts: one.facts(),
            provides: one.provides,
            catalogues: one.catalogues,
            lease: one.lease,
        })
        .collect();
    Ok(Entitlement::of(&holdings, now))
}

/// A system that the caller manages.
async fn managed(link: &mut Link, by: Authority<'_>, id: SystemId) -> Result<(), Fault> {
    if system::find(link, &by.reach(Right::ManageSystems), id).await?.is_some() {
        return Ok(());
    }
    let seen = system::find(link, &by.reach(Right::ReadSystems), id).await?;
    Err(if seen.is_some() { Code::InsufficientPermissions } else { Code::SystemNotFound }.into())
}

fn refused(expected: &'static str) -> Fault {
    Fault::field("request", Refusal::new("licence_request", expected), None)
}

/// What a file should have been that is no request.
const fn unreadable(refusal: bailiwick_licence::Refusal) -> &'static str {
    match refusal {
        bailiwick_licence::Refusal::UnknownVersion => "a request of a kind that this server knows: update the server",
        bailiwick_licence::Refusal::Damaged | bailiwick_licence::Refusal::Truncated => {
            "a request file that was not damaged on its way: have the system write it again"
        }
        _ => "the request file that the system wrote",
    }
}

/// Names as a licence file has them: with the moment after an `@` where one ends before the rest.
fn words<T: ToString>(items: &[Until<T>]) -> Vec<String> {
    let word = |(item, until): &Until<T>| match until {
        Some(until) => format!("{}@{}", item.to_string(), until.seconds()),
        None => item.to_string(),
    };
    items.iter().map(word).collect()
}

const fn written_state(state: LicenceState) -> State {
    match state {
        LicenceState::None => State::None,
        LicenceState::Revoked => State::Revoked,
        LicenceState::Expired => State::Expired,
        LicenceState::Suspended => State::Suspended,
        LicenceState::Grace => State::Grace,
        LicenceState::Trial => State::Trial,
        LicenceState::Active => State::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_same_names_in_files_and_in_answers() {
        for state in LicenceState::ALL {
            assert_eq!(written_state(state).name(), state.name());
            assert_eq!(written_state(state).allows(), state.allows());
        }
    }

    #[test]
    fn no_number_is_given_twice_whatever_the_clock_does() {
        let leases = Leases::default();
        let moments = [5, 5, 9, 3, 20];
        let numbers = moments.map(|at| leases.next(Timestamp::from_microseconds(at)));
        assert_eq!(numbers, [5, 6, 9, 10, 20]);
    }
}
