//! `/agreements` and `/agreements/{agreement_id}`: the terms under which licences are issued, and their versions.

use askama::Template;
use bailiwick_domain::licence::agreement::AgreementStatus;

use super::layout::{Choice, Layout, Moment};
use super::licensing::agreement_word;
use super::list::{Paging, address};
use super::organisation::Crumb;

/// Rows on a page of the list.
pub const ROWS: u32 = 20;

/// The page `/agreements`.
#[derive(Template)]
#[template(path = "agreements.html")]
pub struct AgreementsPage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: AgreementsAsk,
    /// The rows of this page.
    pub rows: Vec<AgreementRow>,
    /// Where in the whole list it is.
    pub paging: Paging,
    /// How many there are without filters.
    pub total: u64,
    /// Whether one writes agreements.
    pub may_write: bool,
    /// What was done just before.
    pub notice: Option<&'static str>,
}

/// A version of an agreement in a list.
#[derive(Clone, Debug)]
pub struct AgreementRow {
    /// Its id.
    pub id: String,
    /// How it is called.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Which version it is.
    pub version: i64,
    /// How far it has come.
    pub status: AgreementStatus,
    /// The price of a month.
    pub price: String,
    /// How long a licence lasts.
    pub lasting: String,
    /// How many systems a licence is for.
    pub systems: i64,
    /// When it was changed last.
    pub changed: Moment,
}

/// What the address asks for: `q`, `status`, `page`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementsAsk {
    /// Text to search for; empty for none.
    pub search: String,
    /// How far they have come; `None` for all.
    pub status: Option<AgreementStatus>,
    /// Which page, from 1 on.
    pub page: u32,
}

impl AgreementsAsk {
    /// The address of a page of this list.
    #[must_use]
    pub fn at_page(&self, page: u32) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let status = self.status.map_or("", AgreementStatus::name);
        address("/agreements", &[("q", &self.search), ("status", status), ("page", &page)])
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.status.is_some()
    }
}

impl AgreementsPage {
    /// What the page is called in this state.
    fn title(&self) -> String {
        match self.ask.search.as_str() {
            "" => "Agreements".to_owned(),
            search => format!("{search} · Agreements"),
        }
    }

    /// What is shown of how many, in words.
    fn count(&self) -> String {
        let total = self.ask.is_filtered().then_some(self.total);
        self.paging.count(("version", "versions"), total)
    }

    /// The choices of the filter.
    fn statuses(&self) -> Vec<Choice> {
        let all = [AgreementStatus::Published, AgreementStatus::Withdrawn, AgreementStatus::Draft];
        let offered = all.into_iter().filter(|status| self.may_write || *status != AgreementStatus::Draft);
        let choice = |status: AgreementStatus| Choice {
            value: status.name().to_owned(),
            label: agreement_word(status).0.to_owned(),
            selected: self.ask.status == Some(status),
        };
        offered.map(choice).collect()
    }
}

impl AgreementRow {
    /// Where it is shown.
    fn address(&self) -> String {
        format!("/agreements/{}", self.id)
    }

    /// The word for how far it has come, and its shape.
    const fn word(&self) -> (&'static str, &'static str) {
        agreement_word(self.status)
    }
}

/// The page of one version of an agreement.
#[derive(Template)]
#[template(path = "agreement.html")]
pub struct AgreementPage {
    /// What every page carries.
    pub layout: Layout,
    /// What was done just before.
    pub notice: Option<&'static str>,
    /// Why something was not done.
    pub alert: Option<String>,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// The version.
    pub shown: AgreementRow,
    /// What it says: a name, and what.
    pub terms: Vec<(&'static str, String)>,
    /// When it was published.
    pub published: Option<Moment>,
    /// When it was withdrawn or replaced.
    pub withdrawn: Option<Moment>,
    /// How many licences one sees that are under it.
    pub licences: i64,
    /// The newest versions.
    pub versions: Vec<AgreementRow>,
    /// Whether one writes agreements.
    pub may_write: bool,
}

impl AgreementPage {
    /// The address of a page about it.
    fn at(&self, act: &str) -> String {
        format!("{}/{act}", self.shown.address())
    }

    /// Whether it is a draft that one may change.
    fn is_draft(&self) -> bool {
        self.may_write && self.shown.status == AgreementStatus::Draft
    }

    /// Whether it is published, and one may withdraw it.
    fn is_published(&self) -> bool {
        self.may_write && self.shown.status == AgreementStatus::Published
    }

    /// Whether one may begin a new version: there is no draft of one.
    fn may_revise(&self) -> bool {
        let is_draft = |row: &AgreementRow| row.status == AgreementStatus::Draft;
        self.may_write && !is_draft(&self.shown) && !self.versions.iter().any(is_draft)
    }
}

/// What was done just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementNotice {
    /// A draft was written.
    Written,
    /// It was changed.
    Changed,
    /// It was published.
    Published,
    /// It was withdrawn.
    Withdrawn,
    /// A new version was begun.
    Revised,
    /// The draft was deleted.
    Deleted,
}

impl AgreementNotice {
    const ALL: [Self; 6] =
        [Self::Written, Self::Changed, Self::Published, Self::Withdrawn, Self::Revised, Self::Deleted];

    const fn key(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Changed => "changed",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
            Self::Revised => "revised",
            Self::Deleted => "deleted",
        }
    }

    /// The notice of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.key() == key)
    }

    /// The address that shows it: the agreement's, or the list's where there is none any more.
    #[must_use]
    pub fn address(self, id: &str) -> String {
        let path = if self == Self::Deleted { "/agreements".to_owned() } else { format!("/agreements/{id}") };
        address(&path, &[("notice", self.key())])
    }

    /// What happened.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Written => "The draft is written. Publish it, and licences can be issued under it.",
            Self::Changed => "The changes are saved.",
            Self::Published => "The agreement is published. Make seats of it, or issue licences under it.",
            Self::Withdrawn => "The agreement is withdrawn. Licences that were issued stay as they are.",
            Self::Revised => "This is the draft of a new version. Change it, then publish it.",
            Self::Deleted => "The draft is deleted.",
        }
    }
}
