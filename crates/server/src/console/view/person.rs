//! `/users/{user_id}`: one person, with what they are and where.

use askama::Template;
use bailiwick_app::overview::PersonPowers;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;

use super::layout::{Choice, Layout, Moment};
use super::list::address;
use super::organisation::{Crumb, role_label};
use super::organisations::kind_label;
use super::people::roles;
use super::picker::Picker;

/// The page of one person.
#[derive(Template)]
#[template(path = "person.html")]
pub struct PersonPage {
    /// What every page carries.
    pub layout: Layout,
    /// What was done just before.
    pub notice: Option<&'static str>,
    /// Why something was not done.
    pub alert: Option<String>,
    /// Who it is.
    pub person: Person,
    /// What they are, and where, as far as one sees it.
    pub memberships: Vec<MembershipRow>,
    /// What one may do with them.
    pub powers: PersonPowers,
    /// Until when they consent to it that one acts as them.
    pub consents_until: Option<Moment>,
}

/// Who somebody is.
#[derive(Clone, Debug)]
pub struct Person {
    /// The UUID.
    pub id: String,
    /// How they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether the address was confirmed.
    pub is_confirmed: bool,
    /// Where they can be called.
    pub phone_number: Option<String>,
    /// What they do.
    pub job_title: Option<String>,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
    /// Since when the account is suspended.
    pub suspended: Option<Moment>,
    /// Since when they are known.
    pub created: Moment,
}

/// What somebody is in an organisation.
#[derive(Clone, Debug)]
pub struct MembershipRow {
    /// The organisation's UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// Whether it is out.
    pub is_suspended: bool,
    /// What they are there.
    pub role: Role,
    /// Since when.
    pub since: Moment,
    /// Whether one may change that.
    pub may_change: bool,
}

/// The page `/users/{user_id}/memberships`: taking somebody into a further organisation.
#[derive(Template)]
#[template(path = "person_join.html")]
pub struct JoinPage {
    /// What every page carries.
    pub layout: Layout,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// The person's UUID.
    pub id: String,
    /// How they are called.
    pub name: String,
    /// The organisation that was chosen: id, name, kind.
    pub place: Option<(String, String, &'static str)>,
    /// The search for one.
    pub picker: Picker,
    /// The role that was chosen.
    pub role: Option<Role>,
    /// Why it was not done.
    pub alert: Option<String>,
}

/// What was done just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonNotice {
    /// The account was suspended.
    Suspended,
    /// The suspension ended.
    Reactivated,
    /// A link for a new password is on its way.
    ResetSent,
    /// They have another role.
    Changed,
    /// They belong to a further organisation.
    Joined,
    /// They were removed from one.
    Removed,
}

impl PersonNotice {
    /// Every notice.
    const ALL: [Self; 6] =
        [Self::Suspended, Self::Reactivated, Self::ResetSent, Self::Changed, Self::Joined, Self::Removed];

    /// The name in the address.
    const fn key(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Reactivated => "reactivated",
            Self::ResetSent => "reset-sent",
            Self::Changed => "changed",
            Self::Joined => "joined",
            Self::Removed => "removed",
        }
    }

    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.key() == key)
    }

    /// The address that shows it.
    #[must_use]
    pub fn address(self, id: &str) -> String {
        address(&format!("/users/{id}"), &[("notice", self.key())])
    }

    /// What happened.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Suspended => "The account is suspended. All its sessions have ended.",
            Self::Reactivated => "The suspension has ended. The person may sign in again.",
            Self::ResetSent => "A link for a new password is on its way to the person. It is good for 20 minutes.",
            Self::Changed => "The role is changed, from the next request on.",
            Self::Joined => "The person belongs to a further organisation.",
            Self::Removed => "The person is removed from the organisation. The account stays.",
        }
    }
}

impl Person {
    /// Where they are shown.
    fn address(&self) -> String {
        format!("/users/{}", self.id)
    }
}

impl MembershipRow {
    /// The roles to choose from.
    fn roles(&self) -> Vec<Choice> {
        roles(Some(self.role))
    }

    /// The word for what they are there.
    const fn role_label(&self) -> &'static str {
        role_label(self.role)
    }

    /// The word for the kind of organisation.
    const fn kind_label(&self) -> &'static str {
        kind_label(self.kind)
    }
}

impl PersonPage {
    /// What the page is called in this state.
    fn title(&self) -> String {
        format!("{}{}", if self.alert.is_some() { "Error: " } else { "" }, self.person.name)
    }

    /// Whether anything may be decided of the account.
    const fn has_decisions(&self) -> bool {
        !self.powers.is_oneself && (self.powers.may_manage || self.powers.may_impersonate)
    }

    /// Whether anything may be changed of any membership.
    fn may_change_roles(&self) -> bool {
        self.memberships.iter().any(|row| row.may_change)
    }
}

impl JoinPage {
    /// The roles to choose from.
    fn roles(&self) -> Vec<Choice> {
        roles(self.role.or(Some(Role::Reader)))
    }
}
