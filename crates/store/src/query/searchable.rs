//! What a search finds people, organisations and systems by.
//!
//! Among a million, a text that contains another one cannot be looked up, but one that begins with it can. So each
//! is kept from the begin of every word on; from the first one on it is kept as what lists are ordered by.

use std::collections::BTreeSet;

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, SystemId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::search;
use bailiwick_domain::vat_number::VatNumber;

use crate::database::WriteTransaction;
use crate::error::Result;
use crate::row::record;
use crate::statement::{Statement, statements};
use crate::value::{Value, values};

/// How many texts one statement adds.
const AT_ONCE: usize = 8;
/// How many rows are completed at a time.
const FILLED_AT_ONCE: i64 = 1000;

/// Adds what is not empty of eight texts.
macro_rules! add {
    ($table:literal, $owner:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (",
            $owner,
            ", start) SELECT $1, t.start FROM (SELECT CAST($2 AS TEXT) AS start \
             UNION ALL SELECT $3 UNION ALL SELECT $4 UNION ALL SELECT $5 UNION ALL SELECT $6 UNION ALL SELECT $7 \
             UNION ALL SELECT $8 UNION ALL SELECT $9) AS t WHERE t.start <> ''"
        )
    };
}

statements! {
    Write ADD_TO_USER = add!("user_search_starts", "user_id");
    Write ADD_TO_ORGANISATION = add!("organisation_search_starts", "organisation_id");
    Write ADD_TO_SYSTEM = add!("system_search_starts", "system_id");
    Write FORGET_SYSTEM = "DELETE FROM system_search_starts WHERE system_id = $1";
    Read SYSTEMS_TO_FILL = "SELECT s.id, s.name FROM systems s WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    Write FORGET_USER = "DELETE FROM user_search_starts WHERE user_id = $1";
    Write FORGET_ORGANISATION = "DELETE FROM organisation_search_starts WHERE organisation_id = $1";
    Read USERS_TO_FILL = "SELECT u.id, u.name, u.email FROM users u \
        WHERE NOT EXISTS (SELECT 1 FROM user_search_starts s WHERE s.user_id = u.id) AND u.id > $1 ORDER BY u.id LIMIT $2";
    Read ORGANISATIONS_TO_FILL = "SELECT o.id, o.name, o.vat_number FROM organisations o \
        WHERE NOT EXISTS (SELECT 1 FROM organisation_search_starts s WHERE s.organisation_id = o.id) AND o.id > $1 \
        ORDER BY o.id LIMIT $2";
    /// What lists are ordered by begins with the same.
    Write FORGET_FIRST_OF_USERS = "DELETE FROM user_search_starts WHERE EXISTS (SELECT 1 FROM users u \
        WHERE u.id = user_id AND SUBSTR(u.search_text, 1, LENGTH(start)) = start)";
    Write FORGET_FIRST_OF_ORGANISATIONS = "DELETE FROM organisation_search_starts WHERE EXISTS (SELECT 1 \
        FROM organisations o WHERE o.id = organisation_id AND SUBSTR(o.search_text, 1, LENGTH(start)) = start)";
    Write SET_USER_TEXT = "UPDATE users SET search_text = $2 WHERE id = $1";
    Write SET_ORGANISATION_TEXT = "UPDATE organisations SET search_text = $2 WHERE id = $1";
}

record! {
    /// A person who cannot be found yet.
    struct UnfoundUser {
        id: UserId,
        name: Name,
        email: EmailAddress,
    }
}

record! {
    /// An organisation that cannot be found yet.
    struct UnfoundOrganisation {
        id: OrganisationId,
        name: Name,
        vat_number: Option<VatNumber>,
    }
}

record! {
    /// A system that cannot be found yet.
    struct UnfoundSystem {
        id: SystemId,
        name: Name,
    }
}

/// The text that people are ordered by: the words of their name, and behind them their address.
pub(super) fn text_of_user(name: &Name, email: &EmailAddress) -> String {
    search::words(&format!("{name} {email}"))
}

/// The text that organisations are ordered by: the words of the name, and behind them the VAT number.
pub(super) fn text_of_organisation(name: &Name, vat_number: Option<&VatNumber>) -> String {
    search::words(&format!("{name} {}", vat_number.map(VatNumber::as_str).unwrap_or_default()))
}

/// Has a person found by their name, and by their address from its begin and from its domain on.
pub(super) async fn set_user(
    transaction: &mut WriteTransaction,
    id: UserId,
    name: &Name,
    email: &EmailAddress,
) -> Result<()> {
    let (name, email) = (search::words(name.as_str()), email.as_str());
    let (address, domain) = (search::words(email), search::words(email.rsplit('@').next().unwrap_or_default()));
    // What follows a word of the name is part of what begins there.
    let whole = format!("{name} {address}");
    let whole = whole.trim_start();
    let words_of_name = name.split(' ').filter(|word| !word.is_empty()).count();
    let starts = search::starts(whole).take(words_of_name).chain([address.as_str(), domain.as_str()]);
    add(transaction, &ADD_TO_USER, id.into(), whole, starts).await
}

/// Has an organisation found by its name and VAT number.
pub(super) async fn set_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    name: &Name,
    vat_number: Option<&VatNumber>,
) -> Result<()> {
    let text = text_of_organisation(name, vat_number);
    add(transaction, &ADD_TO_ORGANISATION, id.into(), &text, search::starts(&text)).await
}

/// The same for a person who could be found by something else before.
pub(super) async fn replace_user(
    transaction: &mut WriteTransaction,
    id: UserId,
    name: &Name,
    email: &EmailAddress,
) -> Result<()> {
    transaction.change(&FORGET_USER, values![id]).await?;
    set_user(transaction, id, name, email).await
}

/// The same for an organisation that could be found by something else before.
pub(super) async fn replace_organisation(
    transaction: &mut WriteTransaction,
    id: OrganisationId,
    name: &Name,
    vat_number: Option<&VatNumber>,
) -> Result<()> {
    transaction.change(&FORGET_ORGANISATION, values![id]).await?;
    set_organisation(transaction, id, name, vat_number).await
}

/// Has a system found by every word of its name: what lists of systems are ordered by is another text.
pub(super) async fn set_system(transaction: &mut WriteTransaction, id: SystemId, name: &Name) -> Result<()> {
    let words = search::words(name.as_str());
    add(transaction, &ADD_TO_SYSTEM, id.into(), "", search::starts(&words)).await
}

/// The same for a system that could be found by something else before.
pub(super) async fn replace_system(transaction: &mut WriteTransaction, id: SystemId, name: &Name) -> Result<()> {
    transaction.change(&FORGET_SYSTEM, values![id]).await?;
    set_system(transaction, id, name).await
}

/// Has every system found that was there before.
pub(crate) async fn fill_systems(transaction: &mut WriteTransaction) -> Result<()> {
    let mut after = uuid::Uuid::nil();
    loop {
        let found: Vec<UnfoundSystem> = transaction.all(&SYSTEMS_TO_FILL, values![after, FILLED_AT_ONCE]).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = last.id.uuid();
        for UnfoundSystem { id, name } in found {
            set_system(transaction, id, &name).await?;
        }
    }
}

async fn add(
    transaction: &mut WriteTransaction,
    statement: &'static Statement,
    owner: Value,
    whole: &str,
    starts: impl Iterator<Item = &str>,
) -> Result<()> {
    let starts: BTreeSet<&str> = starts.map(search::shortened).filter(|start| !whole.starts_with(start)).collect();
    let starts: Vec<&str> = starts.into_iter().collect();
    for some in starts.chunks(AT_ONCE) {
        let texts = some.iter().copied().chain(std::iter::repeat("")).take(AT_ONCE).map(Value::from);
        let values: Vec<Value> = std::iter::once(owner.clone()).chain(texts).collect();
        transaction.change(statement, &values).await?;
    }
    Ok(())
}

/// Forgets what is found by what lists are ordered by.
pub(crate) async fn forget_first_words(transaction: &mut WriteTransaction) -> Result<()> {
    transaction.change(&FORGET_FIRST_OF_USERS, &[]).await?;
    transaction.change(&FORGET_FIRST_OF_ORGANISATIONS, &[]).await.map(|_| ())
}

/// Has everybody found who was there before searches began to look here.
pub(crate) async fn fill(transaction: &mut WriteTransaction) -> Result<()> {
    let mut after = uuid::Uuid::nil();
    loop {
        let users: Vec<UnfoundUser> = transaction.all(&USERS_TO_FILL, values![after, FILLED_AT_ONCE]).await?;
        let Some(last) = users.last() else { break };
        after = last.id.uuid();
        for UnfoundUser { id, name, email } in users {
            transaction.change(&SET_USER_TEXT, values![id, text_of_user(&name, &email)]).await?;
            set_user(transaction, id, &name, &email).await?;
        }
    }
    after = uuid::Uuid::nil();
    loop {
        let found: Vec<UnfoundOrganisation> =
            transaction.all(&ORGANISATIONS_TO_FILL, values![after, FILLED_AT_ONCE]).await?;
        let Some(last) = found.last() else { break };
        after = last.id.uuid();
        for UnfoundOrganisation { id, name, vat_number } in found {
            let text = text_of_organisation(&name, vat_number.as_ref());
            transaction.change(&SET_ORGANISATION_TEXT, values![id, text]).await?;
            set_organisation(transaction, id, &name, vat_number.as_ref()).await?;
        }
    }
    Ok(())
}
