//! `/organizations/{organization_id}`: one organisation with what is in it.

use askama::Template;
use bailiwick_app::overview::OrganisationPowers;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::system::SystemStatus;

use super::layout::{Layout, Moment};
use super::list::{address, quantity};
use super::organisations::{OrganisationRow, State, kind_label};

/// The page of one organisation.
#[derive(Template)]
#[template(path = "organisation.html")]
pub struct OrganisationPage {
    /// What every page carries.
    pub layout: Layout,
    /// What was done just before.
    pub notice: Option<&'static str>,
    /// Why something was not done.
    pub alert: Option<String>,
    /// What is known of it.
    pub facts: Facts,
    /// What stands above it, as far as one sees it, from the top down.
    pub above: Vec<Crumb>,
    /// How much there is in it and below it.
    pub stats: Vec<Stat>,
    /// What one may do with it.
    pub powers: OrganisationPowers,
    /// Its people.
    pub people: Part<MemberRow>,
    /// The organisations directly below.
    pub children: Part<OrganisationRow>,
    /// Its systems.
    pub systems: Part<SystemLine>,
    /// What was done in it, the newest first; nothing where one may not read that.
    pub history: Option<Vec<HistoryRow>>,
}

/// The first of many.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// As many as the page shows.
    pub rows: Vec<T>,
    /// How many there are.
    pub total: i64,
}

impl<T> Part<T> {
    /// The words of the link to all of them, where the page does not show all.
    fn all(&self, one: &str, many: &str) -> Option<String> {
        let shown = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        (self.total > shown).then(|| format!("All {}", quantity(self.total, one, many)))
    }
}

/// What is known of an organisation.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// Whether it is out.
    pub state: State,
    /// Its VAT number.
    pub vat_number: Option<String>,
    /// What others attach to it.
    pub custom_data: Vec<(String, String)>,
    /// Since when it is known.
    pub created: Moment,
    /// When it was changed last.
    pub changed: Moment,
    /// Since when it is suspended itself.
    pub suspended: Option<Moment>,
    /// Since when it is deleted itself.
    pub deleted: Option<Moment>,
}

/// A step of the way down to this page.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// Where it leads.
    pub address: String,
    /// What stands there.
    pub name: String,
}

/// A number, with what it says.
#[derive(Clone, Debug)]
pub struct Stat {
    /// What is counted.
    pub label: &'static str,
    /// How much there is in the organisation itself.
    pub own: String,
    /// What else is to be said of it.
    pub beside: String,
    /// Where all of it is listed.
    pub address: Option<String>,
}

/// A person of an organisation.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// The person's UUID.
    pub id: String,
    /// How they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they are there.
    pub role: Option<Role>,
    /// Whether their account is suspended.
    pub is_suspended: bool,
}

/// A system of an organisation.
#[derive(Clone, Debug)]
pub struct SystemLine {
    /// Its name.
    pub name: String,
    /// Its type.
    pub system_type: String,
    /// Whether it is there.
    pub status: SystemStatus,
    /// When it was last heard of; `None` for never.
    pub last_heartbeat: Option<Moment>,
}

/// Something that was done.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// When.
    pub at: Moment,
    /// By whom.
    pub who: String,
    /// What.
    pub what: String,
}

/// What was done just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationNotice {
    /// It was created.
    Created,
    /// It was changed.
    Changed,
    /// It was suspended.
    Suspended,
    /// Its suspension ended.
    Reactivated,
    /// It was deleted.
    Deleted,
    /// Its deletion was taken back.
    Restored,
    /// It was moved.
    Moved,
    /// It was removed for good.
    Destroyed,
}

impl OrganisationNotice {
    /// Every notice.
    const ALL: [Self; 8] = [
        Self::Created,
        Self::Changed,
        Self::Suspended,
        Self::Reactivated,
        Self::Deleted,
        Self::Restored,
        Self::Moved,
        Self::Destroyed,
    ];

    /// The name in the address.
    const fn key(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Suspended => "suspended",
            Self::Reactivated => "reactivated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Moved => "moved",
            Self::Destroyed => "destroyed",
        }
    }

    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.key() == key)
    }

    /// The address that shows it: the organisation's, or the list's where there is none any more.
    #[must_use]
    pub fn address(self, id: &str) -> String {
        let path = if self == Self::Destroyed { "/organizations".to_owned() } else { format!("/organizations/{id}") };
        address(&path, &[("notice", self.key())])
    }

    /// What happened.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Created => "The organisation is created. Invite its people next.",
            Self::Changed => "The changes are saved.",
            Self::Suspended => "The organisation is suspended, with all below it.",
            Self::Reactivated => "The suspension has ended. What was suspended below by itself stays so.",
            Self::Deleted => "The organisation is deleted, with all below it. It can be restored.",
            Self::Restored => "The organisation is restored. What was deleted below by itself stays so.",
            Self::Moved => "The organisation is moved, with all below it.",
            Self::Destroyed => "The organisation is gone for good, with all below it.",
        }
    }
}

impl Facts {
    /// Where it is shown.
    fn address(&self) -> String {
        format!("/organizations/{}", self.id)
    }

    /// The word for its kind.
    const fn kind_label(&self) -> &'static str {
        kind_label(self.kind)
    }
}

impl MemberRow {
    /// The word for what they are.
    pub(crate) fn role_label(&self) -> &'static str {
        self.role.map_or("–", role_label)
    }
}

impl SystemLine {
    /// The word for its status.
    const fn status_label(&self) -> &'static str {
        super::systems::status_label(self.status)
    }
}

/// The word for a role.
pub(crate) const fn role_label(role: Role) -> &'static str {
    match role {
        Role::Admin => "Administrator",
        Role::Support => "Support",
        Role::Reader => "Reader",
    }
}

impl OrganisationPage {
    /// The address of a page about it.
    fn at(&self, act: &str) -> String {
        format!("{}/{act}", self.facts.address())
    }

    /// Whether anything may be decided of it here.
    const fn has_decisions(&self) -> bool {
        self.powers.may_decide || self.powers.may_reactivate || self.powers.may_restore || self.powers.may_destroy
    }

    /// Whether another organisation may be put below it.
    fn takes_children(&self) -> bool {
        self.powers.may_change && self.facts.kind != OrganisationKind::Customer
    }

    /// Whether organisations may stand below it.
    fn may_have_children(&self) -> bool {
        self.facts.kind != OrganisationKind::Customer
    }
}
