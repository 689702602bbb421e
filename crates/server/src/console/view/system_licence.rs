//! `/systems/{id}/licence`: what one system may use, by which licences, and its licence file.

use askama::Template;
use bailiwick_domain::licence::standing::LicenceState;

use super::layout::{Layout, Moment, Problem, problems};
use super::licences::LicenceRow;
use super::licensing::system_word;

/// The page of the licence of one system.
#[derive(Template)]
#[template(path = "system_licence.html")]
pub struct SystemLicencePage {
    /// What every page carries.
    pub layout: Layout,
    /// Why something was not done.
    pub alert: Option<String>,
    /// The system's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub system_type: String,
    /// Its organisation: id and name.
    pub organisation: (String, String),
    /// How it stands.
    pub state: LicenceState,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub next: &'static str,
    /// What it may use.
    pub provides: Vec<String>,
    /// Until when a file of this moment may be relied on.
    pub lease_until: Option<Moment>,
    /// Its licences, what runs out first before the rest.
    pub licences: Vec<LicenceRow>,
    /// How many it has.
    pub total: i64,
    /// Whether its organisation is out, or one above it.
    pub is_suspended: bool,
    /// Whether one may have a file written.
    pub may_manage: bool,
    /// What is wrong with the request file.
    pub file_error: Option<String>,
    /// What is the matter with the system's clock, by the request file.
    pub clock: Option<String>,
}

impl SystemLicencePage {
    /// The word for how it stands.
    const fn word(&self) -> &'static str {
        system_word(self.state)
    }

    /// Whether one gets a file.
    const fn gives_file(&self) -> bool {
        self.may_manage && !self.is_suspended
    }

    /// What is wrong, for the summary above the form.
    fn problems(&self) -> Vec<Problem> {
        problems([("request", "Request file", self.file_error.as_ref())])
    }

    /// Before the title where something is wrong.
    fn prefix(&self) -> &'static str {
        if self.alert.is_some() || self.file_error.is_some() { "Error: " } else { "" }
    }

    /// How many licences are not shown.
    fn unlisted(&self) -> i64 {
        self.total - i64::try_from(self.licences.len()).unwrap_or(i64::MAX)
    }
}
