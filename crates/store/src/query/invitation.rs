//! Invitations into organisations: each is good once, for one address and one role.

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{InvitationId, OrganisationId, UserId};
use bailiwick_domain::link::LinkDigest;
use bailiwick_domain::name::Name;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Timestamp;

use super::reach::{Reach, within_reach};
use crate::database::WriteTransaction;
use crate::error::Result;
use crate::link::Link;
use crate::row::record;
use crate::statement::statements;
use crate::value::values;

/// That whoever sent an invitation could send it now: they are not suspended, and manage the people of its
/// organisation. What the operator sent, nobody has to manage.
macro_rules! sender_stands {
    ($invitation:literal) => {
        concat!(
            "(",
            $invitation,
            ".invited_by IS NULL OR EXISTS (SELECT 1 FROM users iu WHERE iu.id = ",
            $invitation,
            ".invited_by AND iu.suspended_at IS NULL AND (iu.is_super_admin OR EXISTS (SELECT 1 FROM memberships im \
             JOIN organisations mo ON mo.id = im.organisation_id \
             JOIN organisation_paths ip ON ip.ancestor_id = im.organisation_id \
             WHERE im.user_id = iu.id AND im.role = 'admin' AND mo.suspended_through IS NULL \
             AND mo.deleted_through IS NULL AND ip.descendant_id = ",
            $invitation,
            ".organisation_id))))"
        )
    };
}
pub(super) use sender_stands;

/// That an invitation can be accepted: nothing became of it, its organisation lives, and whoever sent it could send it
/// now. The moment is `$2`.
macro_rules! is_open {
    ($invitation:literal) => {
        concat!(
            "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2 \
             AND EXISTS (SELECT 1 FROM organisations io WHERE io.id = ",
            $invitation,
            ".organisation_id AND io.suspended_through IS NULL AND io.deleted_through IS NULL) AND ",
            $crate::query::invitation::sender_stands!($invitation)
        )
    };
}

/// The columns of an [`InvitationRecord`] and where they come from.
macro_rules! invitation_columns {
    () => {
        concat!(
            "SELECT i.id, i.email, i.organisation_id, o.name, o.kind, i.role, i.language, i.invited_by, u.name, \
             i.created_at, i.expires_at, i.accepted_at, i.revoked_at, \
             (o.suspended_through IS NOT NULL OR NOT ",
            $crate::query::invitation::sender_stands!("i"),
            ") FROM invitations i JOIN organisations o ON o.id = i.organisation_id \
             LEFT JOIN users u ON u.id = i.invited_by "
        )
    };
}
pub(super) use invitation_columns;

/// What was mailed, as rows of a moment and an address, once and again: the two conditions are of `invitations` and of
/// `invitation_resends`.
macro_rules! mailed {
    ($first:literal, $again:literal) => {
        concat!(
            "(SELECT created_at AS at, email_folded FROM invitations WHERE ",
            $first,
            " UNION ALL SELECT sent_at AS at, email_folded FROM invitation_resends WHERE ",
            $again,
            ") AS mailed"
        )
    };
}

statements! {
    Write INSERT = "INSERT INTO invitations (id, digest, email, email_folded, organisation_id, role, language, \
        invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    Read RECENT = concat!(
        "SELECT COUNT(*), MIN(at), COUNT(CASE WHEN email_folded = $2 THEN 1 END), \
         MIN(CASE WHEN email_folded = $2 THEN at END) FROM ",
        mailed!("organisation_id = $1 AND created_at > $3", "organisation_id = $1 AND sent_at > $3"));
    Read RECENT_TO_ADDRESS = concat!(
        "SELECT COUNT(*), MIN(at) FROM ",
        mailed!("email_folded = $1 AND created_at > $2", "email_folded = $1 AND sent_at > $2"));
    Read FIND = concat!(invitation_columns!(), "WHERE i.id = $1");
    Read FIND_OPEN = concat!(invitation_columns!(), "WHERE i.digest = $1 AND ", is_open!("i"));
    Read FIND_REACHABLE = concat!(
        invitation_columns!(), "WHERE i.id = $6 AND o.deleted_through IS NULL AND ", within_reach!("i.organisation_id"));
    /// The conditions make it happen once.
    Write ACCEPT = concat!(
        "UPDATE invitations SET accepted_at = $2, accepted_by = $3 WHERE digest = $1 AND email_folded = $4 AND ",
        is_open!("invitations"));
    Write REVOKE = "UPDATE invitations SET revoked_at = $2 \
        WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2";
    /// The digest of before goes, and its link with it.
    Write RESEND = "UPDATE invitations SET digest = $2, invited_by = $3, expires_at = $4 \
        WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL";
    Write NOTE_RESEND = "INSERT INTO invitation_resends (digest, organisation_id, email_folded, sent_at) \
        VALUES ($1, $2, $3, $4)";
    Read IS_MEMBER = "SELECT EXISTS (SELECT 1 FROM users u JOIN memberships m ON m.user_id = u.id \
        WHERE u.email_folded = $2 AND m.organisation_id = $1)";
    Read IS_INVITED = concat!(
        "SELECT EXISTS (SELECT 1 FROM invitations WHERE organisation_id = $1 AND email_folded = $3 AND ",
        is_open!("invitations"), ")");
}

/// An invitation to be noted.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'invitation> {
    /// The id.
    pub id: InvitationId,
    /// What is kept of its token.
    pub digest: LinkDigest,
    /// To whom it is mailed.
    pub email: &'invitation EmailAddress,
    /// Whereto.
    pub organisation: OrganisationId,
    /// As what.
    pub role: Role,
    /// In which language the mail is written, where one was chosen.
    pub language: Option<Language>,
    /// Who invites; nobody where it is the operator.
    pub invited_by: Option<UserId>,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

record! {
    /// An invitation.
    #[derive(Clone, Debug)]
    pub struct InvitationRecord {
        /// The id.
        pub id: InvitationId,
        /// To whom it was mailed.
        pub email: EmailAddress,
        /// Whereto.
        pub organisation: OrganisationId,
        /// That organisation's name.
        pub organisation_name: Name,
        /// That organisation's kind.
        pub organisation_kind: OrganisationKind,
        /// As what.
        pub role: Role,
        /// In which language the mail was written, where one was chosen.
        pub language: Option<Language>,
        /// Who invites; nobody where it was the operator.
        pub invited_by: Option<UserId>,
        /// That person's name.
        pub invited_by_name: Option<Name>,
        /// When it was mailed first.
        pub created_at: Timestamp,
        /// Until when it is good.
        pub expires_at: Timestamp,
        /// When it was accepted, where it was.
        pub accepted_at: Option<Timestamp>,
        /// When it was taken back, where it was.
        pub revoked_at: Option<Timestamp>,
        /// Whether its organisation or whoever sent it is suspended, or the latter manages its people no more, so that
        /// nobody can accept it.
        pub is_suspended: bool,
    }
}

record! {
    /// What an organisation sent lately.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RecentInvitations {
        /// How many mails, to whomever.
        pub count: i64,
        /// When the first of them was sent.
        pub first: Option<Timestamp>,
        /// How many to one address.
        pub to_address: i64,
        /// When the first of these was sent.
        pub first_to_address: Option<Timestamp>,
    }
}

record! {
    /// What all organisations together sent to one address lately.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RecentToAddress {
        /// How many mails.
        pub count: i64,
        /// When the first of them was sent.
        pub first: Option<Timestamp>,
    }
}

/// Notes an invitation.
pub async fn insert(transaction: &mut WriteTransaction, new: &NewInvitation<'_>, now: Timestamp) -> Result<()> {
    let values = values![
        new.id,
        new.digest.bytes().as_slice(),
        new.email,
        new.email.folded(),
        new.organisation,
        new.role,
        new.language,
        new.invited_by,
        now,
        new.expires_at,
    ];
    transaction.change(&INSERT, values).await.map(|_| ())
}

/// What an organisation sent after a moment, to anybody and to this address.
pub async fn recent(
    link: &mut Link,
    organisation: OrganisationId,
    email: &EmailAddress,
    after: Timestamp,
) -> Result<RecentInvitations> {
    link.one(&RECENT, values![organisation, email.folded(), after]).await
}

/// What all organisations together sent to this address after a moment.
pub async fn recent_to_address(link: &mut Link, email: &EmailAddress, after: Timestamp) -> Result<RecentToAddress> {
    link.one(&RECENT_TO_ADDRESS, values![email.folded(), after]).await
}

/// An invitation, whoever asks.
pub async fn find(link: &mut Link, id: InvitationId) -> Result<Option<InvitationRecord>> {
    link.optional(&FIND, values![id]).await
}

/// The invitation of this token, while it can be accepted.
pub async fn find_open(link: &mut Link, digest: &LinkDigest, now: Timestamp) -> Result<Option<InvitationRecord>> {
    link.optional(&FIND_OPEN, values![digest.bytes().as_slice(), now]).await
}

/// An invitation, where its organisation is within reach.
pub async fn find_reachable(link: &mut Link, reach: &Reach, id: InvitationId) -> Result<Option<InvitationRecord>> {
    link.optional(&FIND_REACHABLE, &reach.and(values![id])).await
}

/// Uses an invitation up for somebody with this address; false when it cannot be used, or not by them.
pub async fn accept(
    transaction: &mut WriteTransaction,
    digest: &LinkDigest,
    user: UserId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<bool> {
    let values = values![digest.bytes().as_slice(), now, user, email.folded()];
    Ok(transaction.change(&ACCEPT, values).await? == 1)
}

/// Takes an invitation back; false when it was not open any more.
pub async fn revoke(transaction: &mut WriteTransaction, id: InvitationId, now: Timestamp) -> Result<bool> {
    Ok(transaction.change(&REVOKE, values![id, now]).await? == 1)
}

/// A link that takes the place of the one before.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitationLink {
    /// What is kept of its token.
    pub digest: LinkDigest,
    /// Who sends it, and vouches for the invitation from now on; nobody where it is the operator.
    pub invited_by: Option<UserId>,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Gives an invitation another link, by which the one before is good for nothing; false when it was accepted or taken
/// back meanwhile.
pub async fn resend(
    transaction: &mut WriteTransaction,
    invitation: &InvitationRecord,
    link: &NewInvitationLink,
    now: Timestamp,
) -> Result<bool> {
    let digest = link.digest.bytes().as_slice();
    let values = values![invitation.id, digest, link.invited_by, link.expires_at];
    if transaction.change(&RESEND, values).await? == 0 {
        return Ok(false);
    }
    let values = values![digest, invitation.organisation, invitation.email.folded(), now];
    transaction.change(&NOTE_RESEND, values).await.map(|_| true)
}

/// Whether somebody with this address belongs to an organisation.
pub async fn is_member(link: &mut Link, organisation: OrganisationId, email: &EmailAddress) -> Result<bool> {
    link.one(&IS_MEMBER, values![organisation, email.folded()]).await
}

/// Whether somebody with this address could accept an invitation into an organisation now.
pub async fn is_invited(
    link: &mut Link,
    organisation: OrganisationId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<bool> {
    link.one(&IS_INVITED, values![organisation, now, email.folded()]).await
}
