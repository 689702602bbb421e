//! `/licences`: the licences that one may see, and when each runs out.

use std::ops::Range;

use askama::Template;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::time::{Span, Timestamp};

use super::layout::{Choice, Layout, Moment};
use super::licensing::licence_word;
use super::list::{Heading, Paging, address};

/// Rows on a page of the list: as many as keep its HTML under 30 KB.
pub const ROWS: u32 = 20;

/// The page `/licences`.
#[derive(Template)]
#[template(path = "licences.html")]
pub struct LicencesPage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: LicencesAsk,
    /// The kinds to choose from.
    pub kinds: Vec<Choice>,
    /// The agreements to choose from.
    pub agreements: Vec<Choice>,
    /// The rows of this page.
    pub rows: Vec<LicenceRow>,
    /// Where in the whole list it is.
    pub paging: Paging,
    /// How many there are without filters.
    pub total: u64,
    /// The name of the organisation to which the list is narrowed, where one may see it.
    pub organisation: Option<String>,
    /// Whether one may issue licences.
    pub may_issue: bool,
    /// Whether one may write agreements.
    pub may_write: bool,
    /// What was done just before.
    pub notice: Option<&'static str>,
}

/// A licence in a list.
#[derive(Clone, Debug)]
pub struct LicenceRow {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: String,
    /// What its agreement is called.
    pub agreement: String,
    /// The kind of that.
    pub kind: String,
    /// Who holds it: id and name.
    pub holder: (String, String),
    /// How it stands.
    pub state: LicenceState,
    /// When it begins.
    pub begins: Moment,
    /// When it runs out; `None` for never.
    pub ends: Option<Moment>,
    /// How many systems have it.
    pub bound: i64,
    /// How many may.
    pub systems: i64,
}

/// A column to order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The name of the agreement.
    Agreement,
    /// The key.
    Key,
    /// When it begins.
    Begins,
    /// When it runs out.
    #[default]
    Ends,
}

impl Column {
    /// Every column to order by.
    pub const ALL: [Self; 4] = [Self::Agreement, Self::Key, Self::Begins, Self::Ends];

    /// The value of `sort_by`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Key => "key",
            Self::Begins => "starts_at",
            Self::Ends => "expires_at",
        }
    }
}

/// When the licences of a list run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Within the days of which the first reminder tells.
    Soon,
    /// They have.
    Over,
}

impl Ends {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Soon, Self::Over];

    /// The value of `ends`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Soon => "soon",
            Self::Over => "over",
        }
    }

    /// What it is called.
    const fn label(self) -> &'static str {
        match self {
            Self::Soon => "In 30 days",
            Self::Over => "Has run out",
        }
    }

    /// From which moment on, and before which one.
    #[must_use]
    pub fn moments(self, now: Timestamp) -> Range<Timestamp> {
        match self {
            Self::Soon => now..now.plus(Span::days(30)),
            Self::Over => Timestamp::from_microseconds(i64::MIN)..now,
        }
    }
}

/// What the address asks for: `q`, `kind`, `agreement`, `ends`, `organization_id`, `sort_by`, `sort_direction`, `page`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicencesAsk {
    /// Text to search for; empty for none.
    pub search: String,
    /// The kind to show; empty for all.
    pub kind: String,
    /// The name of the agreement; empty for all.
    pub agreement: String,
    /// The id of the organisation that holds them; empty for all.
    pub organisation: String,
    /// When they run out, where that is asked for.
    pub ends: Option<Ends>,
    /// By which column.
    pub column: Column,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Which page, from 1 on.
    pub page: u32,
}

impl LicencesAsk {
    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let is_ordered = self.column != Column::default() || self.descending;
        let ordered = |value: &'static str| if is_ordered { value } else { "" };
        let members = [
            ("q", self.search.as_str()),
            ("kind", &self.kind),
            ("agreement", &self.agreement),
            ("ends", self.ends.map_or("", Ends::key)),
            ("organization_id", &self.organisation),
            ("sort_by", ordered(self.column.key())),
            ("sort_direction", ordered(self.direction())),
            ("page", &page),
        ];
        address("/licences", &members)
    }

    fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        let is_asked = |text: &&String| !text.is_empty();
        self.ends.is_some() || [&self.search, &self.kind, &self.agreement, &self.organisation].iter().any(is_asked)
    }

    /// The address of another page of the same list.
    #[must_use]
    pub fn at_page(&self, page: u32) -> String {
        Self { page, ..self.clone() }.address()
    }

    /// The same of all organisations.
    fn anywhere(&self) -> String {
        Self { organisation: String::new(), page: 1, ..self.clone() }.address()
    }

    /// The times of running out to choose from.
    fn ends(&self) -> [Choice; 2] {
        let choice = |ends: Ends| Choice {
            value: ends.key().to_owned(),
            label: ends.label().to_owned(),
            selected: self.ends == Some(ends),
        };
        Ends::ALL.map(choice)
    }

    fn heading(&self, label: &'static str, column: Column) -> Heading {
        let is_chosen = self.column == column;
        // What begins is wanted latest first, what ends soonest first.
        let descending = if is_chosen { !self.descending } else { column == Column::Begins };
        let address = Self { column, descending, page: 1, ..self.clone() }.address();
        Heading::sorting(label, address, is_chosen, self.descending)
    }

    /// The headings of the table.
    fn headings(&self) -> [Heading; 7] {
        [
            self.heading("Agreement", Column::Agreement),
            self.heading("Key", Column::Key),
            Heading::plain("Organisation"),
            Heading::plain("State"),
            self.heading("Runs out", Column::Ends),
            self.heading("Begins", Column::Begins),
            Heading::plain("Systems"),
        ]
    }
}

impl LicencesPage {
    /// What the page is called in this state.
    fn title(&self) -> String {
        match (self.ask.search.as_str(), self.ask.page) {
            ("", ..=1) => "Licences".to_owned(),
            ("", page) => format!("Licences, page {page}"),
            (search, _) => format!("{search} · Licences"),
        }
    }

    /// What is shown of how many, in words.
    fn count(&self) -> String {
        let total = self.ask.is_filtered().then_some(self.total);
        self.paging.count(("licence", "licences"), total)
    }
}

impl LicenceRow {
    /// Where it is shown.
    pub(crate) fn address(&self) -> String {
        format!("/licences/{}", self.id)
    }

    /// The word for how it stands.
    pub(crate) const fn word(&self) -> &'static str {
        licence_word(self.state)
    }

    /// Its key as far as it tells it from others.
    pub(crate) fn short_key(&self) -> &str {
        self.key.split('-').next().unwrap_or(&self.key)
    }
}
