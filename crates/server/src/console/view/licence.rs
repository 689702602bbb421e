//! `/licences/{licence_id}`: one licence with its terms, the systems that have it, and what happened to it.

use askama::Template;
use bailiwick_app::overview::LicencePowers;
use bailiwick_domain::licence::standing::LicenceState;

use super::layout::{Layout, Moment};
use super::licensing::licence_word;
use super::list::{Paging, address};
use super::organisation::{Crumb, HistoryRow};

/// The page of one licence.
#[derive(Template)]
#[template(path = "licence.html")]
pub struct LicencePage {
    /// What every page carries.
    pub layout: Layout,
    /// What was done just before.
    pub notice: Option<&'static str>,
    /// Why something was not done.
    pub alert: Option<String>,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// What is known of it.
    pub facts: LicenceFacts,
    /// What one may do with it.
    pub powers: LicencePowers,
    /// The first systems that have it.
    pub systems: Vec<BoundRow>,
    /// What happened to it, the newest first.
    pub history: Vec<HistoryRow>,
    /// Where in all of that this is.
    pub paging: Paging,
}

/// What is known of a licence.
#[derive(Clone, Debug)]
pub struct LicenceFacts {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: String,
    /// Its agreement: where that is shown, how it is called, its version.
    pub agreement: (String, String, i64),
    /// The kind of that.
    pub kind: String,
    /// Who holds it: id and name.
    pub holder: (String, String),
    /// Who sells it: id and name.
    pub provider: Option<(String, String)>,
    /// How it stands.
    pub state: LicenceState,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub next: &'static str,
    /// The price of a month.
    pub price: String,
    /// What is taken off that, in per cent.
    pub discount: String,
    /// What is left of it.
    pub net: String,
    /// When it begins.
    pub begins: Moment,
    /// When it runs out.
    pub ends: Option<Moment>,
    /// When the grace after that ends.
    pub grace_ends: Option<Moment>,
    /// Until when it is paid.
    pub paid_until: Option<Moment>,
    /// When its agreement was accepted, and by whom, where one may see them.
    pub signed: Option<(Moment, Option<String>)>,
    /// What it allows.
    pub provides: String,
    /// The catalogues that it opens.
    pub catalogues: String,
    /// How many systems have it.
    pub bound: i64,
    /// How many may.
    pub systems: i64,
    /// The pool whose seat it uses.
    pub pool: Option<String>,
    /// Whether it is suspended.
    pub is_suspended: bool,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// A system that has the licence.
#[derive(Clone, Debug)]
pub struct BoundRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub system_type: String,
    /// Since when it has the licence.
    pub since: Moment,
}

/// What was done just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenceNotice {
    /// It was issued.
    Issued,
    /// Its agreement was accepted.
    Signed,
    /// Its price was changed.
    Changed,
    /// It was renewed.
    Renewed,
    /// It was handed over.
    Transferred,
    /// It was suspended.
    Suspended,
    /// Its suspension ended.
    Reactivated,
    /// It was revoked.
    Revoked,
    /// A system was given it.
    Bound,
    /// It was taken from a system.
    Released,
}

impl LicenceNotice {
    /// Every notice.
    const ALL: [Self; 10] = [
        Self::Issued,
        Self::Signed,
        Self::Changed,
        Self::Renewed,
        Self::Transferred,
        Self::Suspended,
        Self::Reactivated,
        Self::Revoked,
        Self::Bound,
        Self::Released,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Signed => "signed",
            Self::Changed => "changed",
            Self::Renewed => "renewed",
            Self::Transferred => "transferred",
            Self::Suspended => "suspended",
            Self::Reactivated => "reactivated",
            Self::Revoked => "revoked",
            Self::Bound => "bound",
            Self::Released => "released",
        }
    }

    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.key() == key)
    }

    /// The address that shows it on the page of this licence.
    #[must_use]
    pub fn address(self, id: &str) -> String {
        address(&format!("/licences/{id}"), &[("notice", self.key())])
    }

    /// The address that shows it on the list of licences of this organisation.
    #[must_use]
    pub fn list_address(self, organisation: &str) -> String {
        address("/licences", &[("organization_id", organisation), ("notice", self.key())])
    }

    /// What happened.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Issued => "The licence is issued. Give it to a system next, and have its agreement accepted.",
            Self::Signed => "The agreement is accepted for the organisation.",
            Self::Changed => "The changes are saved.",
            Self::Renewed => "The licence is renewed.",
            Self::Transferred => "The licence is handed over. Its agreement has to be accepted there.",
            Self::Suspended => "The licence is suspended. Nothing may be used by it until it is reactivated.",
            Self::Reactivated => "The suspension has ended.",
            Self::Revoked => "The licence is revoked, and its seat is free again.",
            Self::Bound => "The system has the licence now.",
            Self::Released => "The system does not have the licence any more.",
        }
    }

    /// What happened to several.
    #[must_use]
    pub const fn words_of_many(self) -> &'static str {
        match self {
            Self::Issued => "The licences are issued. Give them to systems next, and have their agreement accepted.",
            other => other.words(),
        }
    }
}

impl LicenceFacts {
    /// The word for how it stands.
    const fn word(&self) -> &'static str {
        licence_word(self.state)
    }
}

impl LicencePage {
    /// The address of a page about it.
    fn at(&self, act: &str) -> String {
        format!("/licences/{}/{act}", self.facts.id)
    }

    /// Whether it is for more systems than have it.
    const fn has_room(&self) -> bool {
        self.facts.bound < self.facts.systems && !self.facts.is_revoked
    }

    /// How many systems are not shown.
    fn unlisted(&self) -> i64 {
        self.facts.bound - i64::try_from(self.systems.len()).unwrap_or(i64::MAX)
    }
}
