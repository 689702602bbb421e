//! `/pools` and `/pools/{pool_id}`: the seats of an agreement, and how they were handed down the tree.

use askama::Template;
use bailiwick_app::overview::PoolPowers;

use super::flow::Flow;
use super::layout::{Choice, Layout, Moment};
use super::list::{Paging, address};
use super::organisation::{Crumb, HistoryRow};

/// Rows on a page of the list: as many as keep it under 30 KB with its picture.
pub const ROWS: u32 = 15;

/// The page `/pools`.
#[derive(Template)]
#[template(path = "pools.html")]
pub struct PoolsPage {
    /// What every page carries.
    pub layout: Layout,
    /// The agreements of which there are pools, to choose from.
    pub agreements: Vec<Choice>,
    /// The one that is shown.
    pub shown: Option<ShownPools>,
    /// Whether one makes seats.
    pub may_make: bool,
    /// What was done just before.
    pub notice: Option<&'static str>,
}

/// The pools of one agreement.
#[derive(Clone, Debug)]
pub struct ShownPools {
    /// How the agreement is called.
    pub name: String,
    /// The picture of the pools of this page.
    pub flow: Flow,
    /// The pools of this page, from the top downwards.
    pub rows: Vec<PoolRow>,
    /// Where in the whole list it is.
    pub paging: Paging,
}

/// A pool in a list.
#[derive(Clone, Debug)]
pub struct PoolRow {
    /// Its id.
    pub id: String,
    /// Who holds it.
    pub holder: String,
    /// What they are in the tree.
    pub kind: &'static str,
    /// Who gave it, where one may see them.
    pub giver: Option<String>,
    /// Its seats.
    pub seats: i64,
    /// What was given out of it.
    pub given: i64,
    /// What is used.
    pub used: i64,
    /// What can still be given or used.
    pub free: i64,
    /// How many more it may give and use than it has.
    pub overdraft: i64,
    /// Until when.
    pub ends: Option<Moment>,
}

impl PoolsPage {
    /// What is shown of how many, in words.
    fn count(&self) -> Option<String> {
        self.shown.as_ref().map(|shown| shown.paging.count(("pool", "pools"), None))
    }
}

impl ShownPools {
    /// How many pools the picture does not show.
    fn unpictured(&self) -> u64 {
        self.paging.found.saturating_sub(u64::try_from(self.rows.len()).unwrap_or_default())
    }
}

impl PoolRow {
    /// Where it is shown.
    fn address(&self) -> String {
        format!("/pools/{}", self.id)
    }
}

/// The page of one pool.
#[derive(Template)]
#[template(path = "pool.html")]
pub struct PoolPage {
    /// What every page carries.
    pub layout: Layout,
    /// What was done just before.
    pub notice: Option<&'static str>,
    /// Why something was not done.
    pub alert: Option<String>,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// The pool.
    pub row: PoolRow,
    /// Its agreement: where that is shown, and how it is called.
    pub agreement: (String, String),
    /// The organisation that holds it.
    pub holder_id: String,
    /// The pool that it was given out of, where one may see that.
    pub parent: Option<String>,
    /// What one may do with it.
    pub powers: PoolPowers,
    /// Whether licences are issued under the agreement now.
    pub is_published: bool,
    /// Whether its time has passed.
    pub is_over: bool,
    /// What happened to it, the newest first.
    pub history: Vec<HistoryRow>,
    /// Where in all of that this is.
    pub paging: Paging,
}

impl PoolPage {
    /// The address of a page about it.
    fn at(&self, act: &str) -> String {
        format!("{}/{act}", self.row.address())
    }

    /// Whether seats can be handed down.
    const fn gives(&self) -> bool {
        self.powers.may_give && self.is_published && !self.is_over
    }
}

/// What was done just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolNotice {
    /// Seats were made.
    Made,
    /// Seats were given.
    Given,
    /// Seats were taken back.
    TakenBack,
    /// It was changed how it may be used.
    Changed,
}

impl PoolNotice {
    const ALL: [Self; 4] = [Self::Made, Self::Given, Self::TakenBack, Self::Changed];

    const fn key(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Given => "given",
            Self::TakenBack => "taken-back",
            Self::Changed => "changed",
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
        address(&format!("/pools/{id}"), &[("notice", self.key())])
    }

    /// What happened.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Made => "The seats are made. Hand them down, or issue licences from them.",
            Self::Given => "The seats are given. This is the pool of whoever has them now.",
            Self::TakenBack => "The seats are taken back.",
            Self::Changed => "The changes are saved.",
        }
    }
}
