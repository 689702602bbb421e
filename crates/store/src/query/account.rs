//! What a person says of themselves, and who may read it.

use bailiwick_domain::account::{Language, PhoneNumber, Theme};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{OrganisationId, UserId};
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::time::Timestamp;

use super::partner_people;
use super::reach::{Reach, is_everything, within_reach};
use super::searchable;
use super::suspension::may_come_in;
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// The columns of an [`AccountRecord`] and where they come from; the organisation is the one joined first of those
/// that meet the condition on the membership `m`.
macro_rules! account_columns {
    () => {
        account_columns!("TRUE")
    };
    ($($condition:expr),+) => {
        concat!("SELECT u.id, u.email, u.name, u.is_super_admin, u.confirmed_at, u.phone_number, u.job_title, u.newsletter, \
         u.language, u.theme, u.suspended_at, u.created_at, o.id, o.name, o.kind \
         FROM users u \
         LEFT JOIN organisations o ON o.id = (SELECT m.organisation_id FROM memberships m \
             JOIN organisations mo ON mo.id = m.organisation_id AND mo.deleted_through IS NULL \
             WHERE m.user_id = u.id AND (", $($condition),+, ") ORDER BY m.created_at, m.organisation_id LIMIT 1)")
    };
}

statements! {
    Read FIND = concat!(account_columns!(), " WHERE u.id = $1");
    Read BY_EMAIL = concat!(account_columns!(), " WHERE u.email_folded = $1");
    /// Writing the row to itself holds it until the transaction ends.
    Write HOLD = concat!("UPDATE users SET updated_at = updated_at WHERE id = $1 AND ", may_come_in!("users"));
    /// The same for whoever may be suspended.
    Write TAKE = "UPDATE users SET updated_at = updated_at WHERE id = $1";
    /// Oneself, or somebody who belongs to an organisation within reach. Where else somebody belongs is nobody's
    /// affair who sees only one of their organisations.
    Read FIND_REACHABLE = concat!(
        account_columns!("u.id = $2 OR ", within_reach!("m.organisation_id")),
        " WHERE u.id = $6 AND (", is_everything!(), " OR u.id = $2 OR EXISTS (SELECT 1 FROM memberships um \
         JOIN organisations uo ON uo.id = um.organisation_id AND uo.deleted_through IS NULL WHERE um.user_id = u.id AND ",
        within_reach!("um.organisation_id"), "))");
    Write CHANGE = "UPDATE users SET name = $2, phone_number = $3, job_title = $4, newsletter = $5, language = $6, \
        theme = $7, search_text = $8, updated_at = $9 WHERE id = $1";
    Write DESCRIBE = "UPDATE users SET phone_number = $2, job_title = $3, newsletter = $4, language = $5, \
        terms_accepted_at = $6 WHERE id = $1";
    Write CONFIRM = "UPDATE users SET confirmed_at = $3, updated_at = $3 \
        WHERE id = $1 AND email_folded = $2 AND confirmed_at IS NULL";
}

record! {
    /// A person as they and their administrators see them.
    #[derive(Clone, Debug)]
    pub struct AccountRecord {
        /// The id.
        pub id: UserId,
        /// How they sign in.
        pub email: EmailAddress,
        /// How they are called.
        pub name: Name,
        /// Whether they hold every right everywhere.
        pub is_super_admin: bool,
        /// When their address was confirmed, where it was.
        pub confirmed_at: Option<Timestamp>,
        /// Where they can be called.
        pub phone_number: Option<PhoneNumber>,
        /// What they do.
        pub job_title: Option<Name>,
        /// Whether they want news by mail.
        pub newsletter: bool,
        /// The language that they chose.
        pub language: Option<Language>,
        /// How they want the pages to look.
        pub theme: Option<Theme>,
        /// When they were suspended, where they are.
        pub suspended_at: Option<Timestamp>,
        /// Since when they are known.
        pub created_at: Timestamp,
        /// The organisation that they joined first, of those that whoever asks may see.
        pub organisation: Option<OrganisationId>,
        /// That organisation's name.
        pub organisation_name: Option<Name>,
        /// That organisation's kind.
        pub organisation_kind: Option<OrganisationKind>,
    }
}

/// What a person says of themselves beside name and address when they register.
#[derive(Clone, Debug)]
pub struct Description<'account> {
    /// Where they can be called.
    pub phone_number: Option<&'account PhoneNumber>,
    /// What they do.
    pub job_title: Option<&'account Name>,
    /// Whether they want news by mail.
    pub newsletter: bool,
    /// The language that they chose.
    pub language: Option<Language>,
    /// When they accepted the terms.
    pub terms_accepted_at: Timestamp,
}

/// A person, whoever asks.
pub async fn find(link: &mut Link, id: UserId) -> Result<Option<AccountRecord>> {
    link.optional(&FIND, values![id]).await
}

/// Whose account has this address, whoever asks.
pub async fn by_email(link: &mut Link, email: &EmailAddress) -> Result<Option<AccountRecord>> {
    link.optional(&BY_EMAIL, values![email.folded()]).await
}

/// Keeps a person's address, confirmation and suspension from being changed until the transaction ends; false when
/// they are suspended, or gone.
pub async fn hold(transaction: &mut WriteTransaction, user: UserId) -> Result<bool> {
    Ok(transaction.change(&HOLD, values![user]).await? == 1)
}

/// Keeps a person, suspended or not, from being changed by anybody else until the transaction ends.
pub async fn take(transaction: &mut WriteTransaction, user: UserId) -> Result<()> {
    transaction.change(&TAKE, values![user]).await.map(|_| ())
}

/// A person, where it is oneself or within reach, with the first organisation within reach; with one's own first of
/// all for oneself.
pub async fn find_reachable(link: &mut Link, reach: &Reach, id: UserId) -> Result<Option<AccountRecord>> {
    link.optional(&FIND_REACHABLE, &reach.and(values![id])).await
}

/// Replaces what can be changed of a person, who has to be taken before ([`take`]) and before them
/// the tree ([`hold`](super::tree::hold)), by what the record says; false
/// when they are gone.
pub async fn change(transaction: &mut WriteTransaction, account: &AccountRecord, now: Timestamp) -> Result<bool> {
    let text = searchable::text_of_user(&account.name, &account.email);
    let values = values![
        account.id,
        &account.name,
        account.phone_number.as_ref(),
        account.job_title.as_ref(),
        account.newsletter,
        account.language,
        account.theme,
        text.as_str(),
        now,
    ];
    let is_there = transaction.change(&CHANGE, values).await? == 1;
    if is_there {
        partner_people::rename(transaction, account.id, &text).await?;
        searchable::replace_user(transaction, account.id, &account.name, &account.email).await?;
    }
    Ok(is_there)
}

/// Notes what somebody who registers says of themselves.
pub async fn describe(transaction: &mut WriteTransaction, user: UserId, description: &Description<'_>) -> Result<()> {
    let values = values![
        user,
        description.phone_number,
        description.job_title,
        description.newsletter,
        description.language,
        description.terms_accepted_at,
    ];
    transaction.change(&DESCRIBE, values).await.map(|_| ())
}

/// Notes that a person's address is theirs; false when it is not that address any more, or was confirmed before.
pub async fn confirm(
    transaction: &mut WriteTransaction,
    user: UserId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<bool> {
    Ok(transaction.change(&CONFIRM, values![user, email.folded(), now]).await? == 1)
}
