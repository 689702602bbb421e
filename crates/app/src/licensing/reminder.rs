//! Telling those who hold a licence, and those who sell it, that it runs out: 30 days, 7 days and 1 day before, once each.

use std::collections::{BTreeMap, HashMap};

use bailiwick_domain::fault::Fault;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::licence::reminder::{DAYS_BEFORE, due};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::query::licence_reminder::{self, Administrator, EndingLicence};
use bailiwick_store::query::{licence_system, tree};
use bailiwick_store::{Link, WriteTransaction};

use crate::context::Context;
use crate::mail::{Mail, MailKind, RunningOut};

/// Licences that one transaction tells of. As long as there are fewer, each person gets one mail a round.
const LICENCES_AT_ONCE: usize = 2000;
/// Licences that one mail lists; of more it says how many there are.
const LISTED_MAX: usize = 50;
/// Systems of a licence that are named; of more none is.
const SYSTEMS_NAMED: i64 = 3;

/// Who gets mail, and which licences it lists, by their place among those that are told of.
type Letters = BTreeMap<UserId, (Administrator, Vec<usize>)>;

impl Context {
    /// Mails whoever administers an organisation that holds or sells licences which run out soon, where they were not
    /// told so yet; returns how many mails were queued.
    ///
    /// The row that says so and the mails are written in one transaction: whatever ends this in between, and however many
    /// nodes are at it, each end is told once.
    pub async fn remind_of_licences(&self) -> Result<usize, Fault> {
        let mut mails = 0;
        loop {
            let now = self.now();
            let found = self.licences_due(now).await?;
            if found.is_empty() {
                return Ok(mails);
            }
            let is_last = found.len() < LICENCES_AT_ONCE;
            mails += self.tell_of_ends(found, now).await?;
            if is_last {
                return Ok(mails);
            }
        }
    }

    /// What is to be told now, the first end first, and which of the reminders of it that is.
    async fn licences_due(&self, now: Timestamp) -> Result<Vec<(EndingLicence, i64)>, Fault> {
        let mut found = Vec::new();
        for window in due(now) {
            let room = LICENCES_AT_ONCE.saturating_sub(found.len());
            let limit = i64::try_from(room).unwrap_or(i64::MAX);
            let ending = licence_reminder::due(&mut self.database.read().await?, window, limit).await?;
            found.extend(ending.into_iter().map(|licence| (licence, window.2)));
            // On SQLite a day of a million licences is a while in this thread, which others wait for.
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    async fn tell_of_ends(&self, found: Vec<(EndingLicence, i64)>, now: Timestamp) -> Result<usize, Fault> {
        let mut transaction = self.database.write().await?;
        let mut told = Vec::new();
        // Always the first end first, so that two nodes wait for each other and do not lock each other out.
        for (licence, days) in found {
            if claim(&mut transaction, &licence, days).await? {
                told.push(licence);
            }
        }
        let letters = letters(&mut transaction, &told).await?;
        let count = letters.len();
        for (person, places) in letters.into_values() {
            let more = places.len().saturating_sub(LISTED_MAX);
            let mut licences = Vec::new();
            for licence in places.into_iter().take(LISTED_MAX).filter_map(|place| told.get(place)) {
                licences.push(described(&mut transaction, licence).await?);
            }
            let mail = Mail {
                user: Some(person.id),
                to: person.email,
                language: person.language.unwrap_or_default(),
                kind: MailKind::LicencesRunOut { licences, more },
            };
            self.queue_mail(&mut transaction, &mail, now).await?;
        }
        transaction.commit().await?;
        Ok(count)
    }
}

/// Takes it upon this transaction to tell of an end; what would have been told earlier is not told any more.
async fn claim(transaction: &mut WriteTransaction, licence: &EndingLicence, days: i64) -> Result<bool, Fault> {
    if !licence_reminder::claim(transaction, licence.id, licence.ends_at, days).await? {
        return Ok(false);
    }
    for earlier in DAYS_BEFORE.into_iter().filter(|earlier| *earlier > days) {
        licence_reminder::note(transaction, licence.id, licence.ends_at, earlier).await?;
    }
    Ok(true)
}

/// Who is told of which of these licences.
async fn letters(link: &mut Link, told: &[EndingLicence]) -> Result<Letters, Fault> {
    let mut known: HashMap<OrganisationId, Vec<Administrator>> = HashMap::new();
    let mut letters = Letters::new();
    for (place, licence) in told.iter().enumerate() {
        for organisation in interested(link, licence).await? {
            let people = match known.get(&organisation) {
                Some(people) => people.clone(),
                None => licence_reminder::administrators(link, organisation).await?,
            };
            for person in &people {
                let (_, places) = letters.entry(person.id).or_insert_with(|| (person.clone(), Vec::new()));
                // Who belongs to both is told once.
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            known.insert(organisation, people);
        }
    }
    Ok(letters)
}

/// Who holds a licence, and who sells it, as far as whoever holds it still stands below them: of others' affairs nobody
/// is told.
async fn interested(link: &mut Link, licence: &EndingLicence) -> Result<Vec<OrganisationId>, Fault> {
    let mut interested = vec![licence.holder];
    if let Some(provider) = licence.provider.filter(|provider| *provider != licence.holder)
        && tree::is_within(link, licence.holder, provider).await?
    {
        interested.push(provider);
    }
    Ok(interested)
}

async fn described(link: &mut Link, licence: &EndingLicence) -> Result<RunningOut, Fault> {
    let systems = if (1..=SYSTEMS_NAMED).contains(&licence.bound) {
        licence_system::of_licence(link, licence.id, (0, SYSTEMS_NAMED)).await?
    } else {
        Vec::new()
    };
    Ok(RunningOut {
        agreement: licence.agreement_name.to_string(),
        organisation: licence.holder_name.to_string(),
        key: licence.key.to_string(),
        systems: systems.into_iter().map(|system| system.name.to_string()).collect(),
        is_trial: licence.is_trial,
        at: licence.ends_at,
    })
}
