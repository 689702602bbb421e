//! `/organizations`: the organisations that one may see, as a table or as a tree.

use askama::Template;
use bailiwick_domain::organisation::OrganisationKind;

use super::layout::{Choice, Layout, Moment};
use super::list::{Heading, Paging, address, quantity};

/// Rows on a page of the list: as many as keep its HTML under 30 KB.
pub const ROWS: u32 = 20;

/// The page `/organizations`.
#[derive(Template)]
#[template(path = "organisations.html")]
pub struct OrganisationsPage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: OrganisationsAsk,
    /// What is shown.
    pub shown: Shown,
    /// Whether one may create organisations.
    pub may_create: bool,
    /// What was done just before.
    pub notice: Option<&'static str>,
}

/// A table, or a tree.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A page of the table.
    Table(Table),
    /// The lines of the tree, from the top down.
    Tree(Vec<TreeItem>),
}

/// A page of the table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its rows.
    pub rows: Vec<OrganisationRow>,
    /// Where in the whole list it is.
    pub paging: Paging,
    /// How many there are without filters.
    pub total: u64,
    /// The name of the organisation whose children are listed, where the list is narrowed to them.
    pub parent: Option<String>,
}

/// An organisation in the table.
#[derive(Clone, Debug)]
pub struct OrganisationRow {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its place in the partner tree.
    pub kind: OrganisationKind,
    /// What it stands below, where one may see that: id and name.
    pub parent: Option<(String, String)>,
    /// Whether it is out.
    pub state: State,
    /// The organisations directly below.
    pub below: i64,
    /// Its people.
    pub people: i64,
    /// Its systems.
    pub systems: i64,
    /// Since when it is known.
    pub created: Moment,
}

/// A line of the tree.
#[derive(Clone, Debug)]
pub struct TreeItem {
    /// What the line shows.
    pub line: TreeLine,
    /// How many lists end after it.
    pub closes: usize,
}

/// What a line of the tree shows.
#[derive(Clone, Debug)]
pub enum TreeLine {
    /// An organisation.
    Branch(Branch),
    /// That there is more below an organisation than the tree shows.
    More(More),
}

/// An organisation in the tree.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The organisation.
    pub row: OrganisationRow,
    /// Whether its branches follow.
    pub is_open: bool,
    /// Where a click folds or unfolds it; nothing where there is nothing below.
    pub fold: Option<String>,
}

/// The way to what the tree does not show.
#[derive(Clone, Debug)]
pub struct More {
    /// The address of all of it in the table.
    pub address: String,
    /// The words.
    pub words: String,
}

/// Whether an organisation is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is not.
    Active,
    /// It was suspended itself.
    Suspended,
    /// One above it was suspended.
    SuspendedAbove,
    /// It was deleted itself.
    Deleted,
    /// One above it was deleted.
    DeletedAbove,
}

impl State {
    /// The word.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::SuspendedAbove => "Suspended from above",
            Self::Deleted => "Deleted",
            Self::DeletedAbove => "Deleted from above",
        }
    }

    /// The name of its shape.
    pub(crate) const fn style(self) -> &'static str {
        match self {
            Self::Active => "online",
            Self::Suspended | Self::SuspendedAbove => "maintenance",
            Self::Deleted | Self::DeletedAbove => "offline",
        }
    }
}

/// The word for a kind.
pub(crate) const fn kind_label(kind: OrganisationKind) -> &'static str {
    match kind {
        OrganisationKind::Owner => "Owner",
        OrganisationKind::Distributor => "Distributor",
        OrganisationKind::Reseller => "Reseller",
        OrganisationKind::Customer => "Customer",
    }
}

/// Which organisations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateFilter {
    /// Those that are not deleted.
    #[default]
    Living,
    /// Those that are not out.
    Active,
    /// Those that are out.
    Suspended,
    /// Those that are deleted.
    Deleted,
}

impl StateFilter {
    /// Every filter, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Living, Self::Active, Self::Suspended, Self::Deleted];

    /// The value of `status`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Living => "",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Living => "Any status",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Deleted => "Deleted",
        }
    }
}

/// A column to order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// What a search found it by; where nothing is searched, the name.
    #[default]
    Match,
    /// The name.
    Name,
    /// The kind.
    Kind,
    /// When it was created.
    Created,
}

impl Column {
    /// Every column to order by.
    pub const ALL: [Self; 4] = [Self::Match, Self::Name, Self::Kind, Self::Created];

    /// The value of `sort_by`, as in the Systems API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Name => "name",
            Self::Kind => "type",
            Self::Created => "created_at",
        }
    }
}

/// What the address asks for: `q`, `type`, `status`, `parent_id`, `sort_by`, `sort_direction`, `page`; or `view=tree`
/// and `open`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationsAsk {
    /// Text to search for; empty for none.
    pub search: String,
    /// The kind to show; `None` for all.
    pub kind: Option<OrganisationKind>,
    /// Which of them.
    pub state: StateFilter,
    /// The organisation whose children are to be shown; empty for all.
    pub parent: String,
    /// By which column.
    pub column: Column,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Which page, from 1 on.
    pub page: u32,
}

impl OrganisationsAsk {
    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let is_ordered = self.column != Column::default() || self.descending;
        let ordered = |value: &'static str| if is_ordered { value } else { "" };
        let members = [
            ("q", self.search.as_str()),
            ("type", self.kind.map_or("", OrganisationKind::name)),
            ("status", self.state.key()),
            ("parent_id", &self.parent),
            ("sort_by", ordered(self.column.key())),
            ("sort_direction", ordered(self.direction())),
            ("page", &page),
        ];
        address("/organizations", &members)
    }

    /// The value of `sort_direction`.
    fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.kind.is_some() || self.state != StateFilter::Living || !self.parent.is_empty()
    }

    /// The address of another page of the same list.
    #[must_use]
    pub fn at_page(&self, page: u32) -> String {
        Self { page, ..self.clone() }.address()
    }

    /// The same without the parent.
    fn anywhere(&self) -> String {
        Self { parent: String::new(), page: 1, ..self.clone() }.address()
    }

    fn heading(&self, label: &'static str, column: Column) -> Heading {
        let chosen = if self.search.is_empty() && self.column == Column::Match { Column::Name } else { self.column };
        let is_chosen = chosen == column;
        // Moments are wanted latest first, words from A on.
        let descending = if is_chosen { !self.descending } else { column == Column::Created };
        let address = Self { column, descending, page: 1, ..self.clone() }.address();
        Heading::sorting(label, address, is_chosen, self.descending)
    }

    /// The headings of the table.
    fn headings(&self) -> [Heading; 8] {
        [
            self.heading("Name", Column::Name),
            self.heading("Type", Column::Kind),
            Heading::plain("Stands below"),
            Heading::plain("Status"),
            Heading::plain("Directly below"),
            Heading::plain("People"),
            Heading::plain("Systems"),
            self.heading("Created", Column::Created),
        ]
    }

    /// The choices of the filter by kind.
    fn kinds(&self) -> Vec<Choice> {
        let choice = |kind: OrganisationKind| Choice {
            value: kind.name().to_owned(),
            label: kind_label(kind).to_owned(),
            selected: self.kind == Some(kind),
        };
        OrganisationKind::ALL.into_iter().map(choice).collect()
    }

    /// The choices of the filter by state.
    fn states(&self) -> Vec<Choice> {
        let choice = |state: StateFilter| Choice {
            value: state.key().to_owned(),
            label: state.label().to_owned(),
            selected: self.state == state,
        };
        StateFilter::ALL.into_iter().map(choice).collect()
    }
}

impl OrganisationsPage {
    /// What the page is called in this state.
    fn title(&self) -> String {
        match (&self.shown, self.ask.search.as_str(), self.ask.page) {
            (Shown::Tree(_), ..) => "Organisations, as a tree".to_owned(),
            (_, "", ..=1) => "Organisations".to_owned(),
            (_, "", page) => format!("Organisations, page {page}"),
            (_, search, _) => format!("{search} · Organisations"),
        }
    }

    fn is_tree(&self) -> bool {
        matches!(self.shown, Shown::Tree(_))
    }

    /// What is shown of how many, in words.
    fn count(&self) -> Option<String> {
        let Shown::Table(table) = &self.shown else { return None };
        let total = self.ask.is_filtered().then_some(table.total);
        Some(table.paging.count(("organisation", "organisations"), total))
    }
}

impl OrganisationRow {
    /// Where it is shown.
    pub(crate) fn address(&self) -> String {
        format!("/organizations/{}", self.id)
    }

    /// The word for its kind.
    pub(crate) const fn kind_label(&self) -> &'static str {
        kind_label(self.kind)
    }

    /// What it has itself, each in a word or two.
    fn quantities(&self) -> [String; 3] {
        [
            format!("{} below", self.below),
            quantity(self.people, "person", "people"),
            quantity(self.systems, "system", "systems"),
        ]
    }
}
