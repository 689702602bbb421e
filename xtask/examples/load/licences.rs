//! Licences that are the same in every run, because all of them come from their number.

use std::ops::Range;

use anyhow::{Context, Result};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{AgreementId, FamilyId, LicenceId, OrganisationId, SystemId, UserId};
use bailiwick_domain::licence::agreement::{AgreementKind, Terms};
use bailiwick_domain::licence::capability::{Capabilities, Catalogues};
use bailiwick_domain::licence::key::LicenceKey;
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::licence::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Role;
use bailiwick_domain::search;
use bailiwick_domain::system::{SystemSecret, SystemType};
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_store::query::licence::{self, NewLicence};
use bailiwick_store::query::system::{self, NewSystem};
use bailiwick_store::query::{agreement, licence_place, licence_system, organisation, user};
use bailiwick_store::{Database, WriteTransaction};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::people;

/// When the first licence begins; many begin at one moment.
const BEGINNING: Timestamp = Timestamp::from_seconds(1_750_000_000);
/// Licences of each organisation.
const IN_EACH_ORGANISATION: u64 = 10;
/// Licences that are committed at once.
const AT_ONCE: u64 = 5000;
/// One licence of so many has a system.
const TO_A_SYSTEM: u64 = 10;
/// Agreements, of which the first gives trials and the second licences that do not run out.
const AGREEMENTS: [&str; 12] = [
    "Trial",
    "Perpetual",
    "AI Manager",
    "AI Manager Plus",
    "Analytics",
    "Archive",
    "Bridge",
    "Cloud Relay",
    "Edge",
    "Fleet",
    "Vision",
    "Vision Pro",
];
/// Those who look: the first people of a distributor, a reseller and a customer.
const LOOKERS: [u64; 3] = [0, 10, 20];

/// The id of a licence.
pub(crate) fn id(number: u64) -> LicenceId {
    LicenceId::new(BEGINNING.plus(Span::milliseconds(whole(number))), ChaCha8Rng::seed_from_u64(number).random())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Adds so many licences, with organisations that hold them, to a server that was set up and does not run.
pub(crate) async fn populate(url: &str, model: &str, count: u64, tell: impl Fn(&str, u64)) -> Result<()> {
    let database = Database::open(url).await?;
    let mut link = database.read().await?;
    let model = EmailAddress::parse_text(model).ok().context("the address of somebody")?;
    let hash = user::for_sign_in(&mut link, &model).await?.context("nobody has the password")?;
    let owner = organisation::owner(&mut link).await?.context("the server is not set up")?;
    drop(link);
    let organisations = count.div_ceil(IN_EACH_ORGANISATION);
    people::add_organisations(&database, organisations, owner, &tell).await?;
    let mut transaction = database.write().await?;
    for number in LOOKERS {
        people::add_alone(&mut transaction, number, &hash.hash, Role::Admin).await?;
    }
    let mut agreements = Vec::new();
    for (number, name) in AGREEMENTS.iter().enumerate() {
        agreements.push(add_agreement(&mut transaction, u64::try_from(number)?, name).await?);
    }
    transaction.commit().await?;
    for numbers in pieces(count) {
        let mut transaction = database.write().await?;
        for number in numbers.clone() {
            add(&mut transaction, number, (owner, hash.id), &agreements).await?;
        }
        transaction.commit().await?;
        tell("licences", numbers.end);
    }
    tell("lists", count);
    // One distributor after the other: no statement shall take as long as all of them do.
    for distributor in (0..organisations).step_by(people::IN_EACH_DISTRIBUTOR) {
        let mut transaction = database.write().await?;
        licence_place::add_tree(&mut transaction, people::organisation_id(distributor)).await?;
        transaction.commit().await?;
    }
    Ok(())
}

fn pieces(count: u64) -> impl Iterator<Item = Range<u64>> {
    let at_once = usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    (0..count).step_by(at_once).map(move |first| first..(first + AT_ONCE).min(count))
}

async fn add_agreement(transaction: &mut WriteTransaction, number: u64, name: &str) -> Result<AgreementId> {
    let entropy = ChaCha8Rng::seed_from_u64(number).random();
    let (id, family) = (AgreementId::new(BEGINNING, entropy), FamilyId::new(BEGINNING, entropy));
    let kind = if number == 0 { AgreementKind::TRIAL } else { "subscription" };
    let terms = Terms {
        name: Name::parse_text(name).ok().context("a name")?,
        kind: AgreementKind::parse_text(kind).ok().context("a kind")?,
        provides: Capabilities::parse_text("[\"nx.streams\",\"nx.models\"]").ok().context("capabilities")?,
        catalogues: Catalogues::default(),
        duration: (number != 1).then(DurationDays::default),
        amount_per_month: MinorUnits::new(1999).unwrap_or_default(),
        trials: TrialsPerOrganisation::default(),
        grace: GraceDays::default(),
        systems: SystemsPerLicence::default(),
        lease: LeaseDays::default(),
    };
    agreement::insert(transaction, id, family, 1, &terms, BEGINNING).await?;
    agreement::publish(transaction, id, BEGINNING).await?;
    Ok(id)
}

async fn add(
    transaction: &mut WriteTransaction,
    number: u64,
    (owner, creator): (OrganisationId, UserId),
    agreements: &[AgreementId],
) -> Result<()> {
    let mut chance = ChaCha8Rng::seed_from_u64(number);
    let (licence, key) = (id(number), LicenceKey::new(chance.random()));
    let which = chance.random_range(0..agreements.len());
    let starts_at = BEGINNING.plus(Span::hours(whole(number % 5000)));
    let new = NewLicence {
        id: licence,
        key,
        agreement: agreements.get(which).copied().context("an agreement")?,
        holder: people::organisation_id(number / IN_EACH_ORGANISATION),
        provider: owner,
        pool: None,
        amount_per_month: MinorUnits::new(1999).unwrap_or_default(),
        discount: BasisPoints::default(),
        systems: 1,
        starts_at,
        expires_at: (which != 1).then(|| starts_at.plus(Span::days(30 + whole(number % 700)))),
        paid_until_at: None,
    };
    licence::insert(transaction, &new, BEGINNING).await?;
    if number.is_multiple_of(TO_A_SYSTEM) {
        let secret = SystemSecret::new(&std::array::from_fn(|_| chance.random()));
        let name = Name::parse_text(&format!("Box {number}")).ok().context("a name")?;
        let kind = SystemType::parse_text("ns8").ok().context("a type")?;
        let new = NewSystem {
            id: SystemId::from_uuid(licence.uuid()),
            organisation: new.holder,
            name: &name,
            kind: &kind,
            custom_data: None,
            secret: secret.hash(),
            created_by: creator,
            created_by_organisation: Some(owner),
            now: BEGINNING,
        };
        let text = search::fold(&format!("{name}\n{}\nns8", new.id));
        system::insert(transaction, &new, text).await?;
        licence_system::bind(transaction, licence, new.id, BEGINNING).await?;
    }
    Ok(())
}
