//! A crowd: people that are the same in every run, because all of them come from their number.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use bailiwick_app::random::SystemRandom;
use bailiwick_app::vault::Vault;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{AuditId, OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::query::audit::{self, AuditEntry};
use bailiwick_store::query::organisation::{self, OrganisationRecord};
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_store::{Database, WriteTransaction};
use futures_util::StreamExt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

/// When the first of them registered; the others did so one second after the other.
const BEGINNING: Timestamp = Timestamp::from_seconds(1_700_000_000);
/// People in each organisation; the first of them runs it.
const IN_EACH_ORGANISATION: u64 = 10;
/// People that are committed at once; whole organisations.
const AT_ONCE: u64 = 2000;
/// Organisations below one distributor, itself included.
pub(crate) const IN_EACH_DISTRIBUTOR: usize = 10_000;
const BLOCK: u64 = IN_EACH_DISTRIBUTOR as u64;
/// Commits that are under way at once: on PostgreSQL a single one mostly waits for answers.
const WRITERS: usize = 8;

const GIVEN_NAMES: [&str; 8] = ["Ada", "Bruno", "Carla", "Dario", "Elsa", "Fabio", "Greta", "Hans"];
const FAMILY_NAMES: [&str; 8] = ["Verdi", "Keller", "Rossi", "Moser", "Bianchi", "Gruber", "Conti", "Huber"];

/// The id of a person.
pub(crate) fn id(number: u64) -> UserId {
    UserId::new(registered_at(number), ChaCha8Rng::seed_from_u64(number).random())
}

/// The address of a person.
pub(crate) fn email(number: u64) -> String {
    format!("person-{number}@example.net")
}

fn registered_at(number: u64) -> Timestamp {
    BEGINNING.plus(Span::seconds(i64::try_from(number).unwrap_or_default()))
}

fn name(chance: &mut ChaCha8Rng) -> Result<Name> {
    let pick = |names: [&'static str; 8], index: usize| names.get(index).copied().unwrap_or_default();
    let name =
        format!("{} {}", pick(GIVEN_NAMES, chance.random_range(0..8)), pick(FAMILY_NAMES, chance.random_range(0..8)));
    Name::parse_text(&name).ok().context("a name")
}

/// People of a crowd, one after the other by chance.
#[derive(Debug)]
pub(crate) struct Crowd {
    people: u64,
    chance: ChaCha8Rng,
}

impl Crowd {
    /// Of so many; `seed` sets the order.
    pub(crate) fn of(people: u64, seed: usize) -> Self {
        Self { people: people.max(1), chance: ChaCha8Rng::seed_from_u64(seed as u64) }
    }

    /// The number of one of them.
    pub(crate) fn next(&mut self) -> u64 {
        self.chance.random_range(0..self.people)
    }
}

/// Adds so many people with their organisations, each with an entry of the audit log, to a server that was set up and does not run, and says
/// again and again how many of what there are. Their password is that of `model`, who is there already.
pub(crate) async fn populate(
    directory: &Path,
    url: &str,
    model: &str,
    count: u64,
    tell: impl Fn(&str, u64),
) -> Result<()> {
    let database = Database::open(url).await?;
    let vault = Vault::open(directory, &database, &SystemRandom).await?;
    database.open_audit_chain(vault.audit_seal_key().clone()).await?;
    let mut link = database.read().await?;
    let model = EmailAddress::parse_text(model).ok().context("the address of somebody")?;
    let hash = user::for_sign_in(&mut link, &model).await?.context("nobody has the password")?.hash;
    let owner = organisation::owner(&mut link).await?.context("the server is not set up")?;
    drop(link);
    add_organisations(&database, count.div_ceil(IN_EACH_ORGANISATION), owner, &tell).await?;
    let pieces = pieces(count).map(|numbers| {
        let (database, hash) = (database.clone(), hash.clone());
        async move {
            let mut transaction = database.write().await?;
            for number in numbers.clone() {
                add(&mut transaction, number, &hash).await?;
            }
            transaction.commit().await?;
            anyhow::Ok(numbers.end - numbers.start)
        }
    });
    let mut pieces = futures_util::stream::iter(pieces).map(tokio::spawn).buffer_unordered(WRITERS);
    let mut done = 0;
    while let Some(added) = pieces.next().await {
        done += added??;
        tell("people", done);
    }
    add_memberships(&database, count, owner, &tell).await
}

/// What is committed at once, of so many.
fn pieces(count: u64) -> impl Iterator<Item = Range<u64>> {
    let at_once = usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    (0..count).step_by(at_once).map(move |first| first..(first + AT_ONCE).min(count))
}

/// Has them join their organisations. Whoever joins one waits for whoever does, as for the tree itself.
async fn add_memberships(
    database: &Database,
    count: u64,
    owner: OrganisationId,
    tell: &impl Fn(&str, u64),
) -> Result<()> {
    for numbers in pieces(count) {
        let mut transaction = database.write().await?;
        for number in numbers.clone() {
            let (first, joined) = (first_of_organisation(number), registered_at(number));
            let role = if number == first { Role::Admin } else { Role::Reader };
            let organisation = organisation_id(first / IN_EACH_ORGANISATION);
            user::insert_membership(&mut transaction, id(number), organisation, role, joined).await?;
            if number == 1 {
                // The one person who sees everything by a role.
                user::insert_membership(&mut transaction, id(number), owner, Role::Support, BEGINNING).await?;
            }
        }
        transaction.commit().await?;
        tell("memberships", numbers.end);
    }
    Ok(())
}

/// Adds their organisations. Whatever stands above another one comes before it, and whoever adds to the tree waits for
/// whoever does: these are added one after the other.
pub(crate) async fn add_organisations(
    database: &Database,
    count: u64,
    owner: OrganisationId,
    tell: &impl Fn(&str, u64),
) -> Result<()> {
    for numbers in pieces(count) {
        let mut transaction = database.write().await?;
        for number in numbers.clone() {
            let name = Name::parse_text(&format!("Company {number}")).ok().context("a name")?;
            let (kind, parent) = place(number);
            let record = OrganisationRecord { id: organisation_id(number), kind, name };
            let parent = parent.map_or(owner, organisation_id);
            organisation::insert(&mut transaction, &record, Some(parent), registered_at(number)).await?;
        }
        transaction.commit().await?;
        tell("organisations", numbers.end);
    }
    Ok(())
}

/// Kind and parent of an organisation: a distributor in ten thousand, with resellers who have twenty each, themselves
/// included; but all of the second ten thousand stand below a single reseller.
fn place(number: u64) -> (OrganisationKind, Option<u64>) {
    let (in_block, in_twenty) = (number % BLOCK, number % 20);
    let distributor = number - in_block;
    match (distributor == BLOCK, in_block, in_twenty) {
        (_, 0, _) => (OrganisationKind::Distributor, None),
        (true, 1, _) | (false, _, 1) => (OrganisationKind::Reseller, Some(distributor)),
        (true, ..) => (OrganisationKind::Customer, Some(distributor + 1)),
        (false, _, 0) => (OrganisationKind::Customer, Some(distributor)),
        (false, ..) => (OrganisationKind::Customer, Some(number - in_twenty + 1)),
    }
}

/// The id of an organisation.
pub(crate) fn organisation_id(number: u64) -> OrganisationId {
    OrganisationId::from_uuid(id(number * IN_EACH_ORGANISATION).uuid())
}

async fn add(transaction: &mut WriteTransaction, number: u64, hash: &SecretText) -> Result<()> {
    add_person(transaction, number, hash).await?;
    let organisation = organisation_id(first_of_organisation(number) / IN_EACH_ORGANISATION);
    audit::note(transaction, entry(number, organisation));
    Ok(())
}

async fn add_person(transaction: &mut WriteTransaction, number: u64, hash: &SecretText) -> Result<()> {
    let (id, now) = (id(number), registered_at(number));
    let email = EmailAddress::parse_text(&email(number)).ok().context("an address")?;
    let name = name(&mut ChaCha8Rng::seed_from_u64(number))?;
    let new = NewUser { id, email: &email, name: &name, is_super_admin: false };
    user::insert(transaction, &new, now).await?;
    Ok(user::set_password(transaction, id, hash, now).await?)
}

/// Adds one person, with a role in their organisation, and no entry of the audit log.
pub(crate) async fn add_alone(
    transaction: &mut WriteTransaction,
    number: u64,
    hash: &SecretText,
    role: Role,
) -> Result<()> {
    add_person(transaction, number, hash).await?;
    let organisation = organisation_id(first_of_organisation(number) / IN_EACH_ORGANISATION);
    Ok(user::insert_membership(transaction, id(number), organisation, role, registered_at(number)).await?)
}

/// Who runs the organisation of a person: the first of its people.
const fn first_of_organisation(number: u64) -> u64 {
    number - number % IN_EACH_ORGANISATION
}

/// That a person registered.
fn entry(number: u64, organisation: OrganisationId) -> AuditEntry {
    let user = Some(id(number).uuid());
    AuditEntry {
        id: AuditId::from_uuid(id(number).uuid()),
        at: registered_at(number),
        actor_kind: "user",
        actor: user,
        right: None,
        organisation: Some(organisation),
        action: "user.registered",
        subject_kind: "user",
        subject: user,
        address: None,
        request_id: String::new(),
        details: json!({}),
    }
}
