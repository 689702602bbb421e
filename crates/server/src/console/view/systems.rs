//! `/`: the systems that one may see.

use askama::Template;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::system::SystemStatus;
use url::form_urlencoded;

use super::layout::{Choice, Layout, Moment};
use super::licensing::system_word;

/// Rows on a page of the list: as many as keep its HTML under 30 KB.
pub const ROWS: u32 = 20;

/// The page `/`.
#[derive(Template)]
#[template(path = "systems.html")]
pub struct SystemsPage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: Ask,
    /// The accepted types, for the filter; `selected` follows `ask`.
    pub types: Vec<Choice>,
    /// The rows of this page.
    pub rows: Vec<SystemRow>,
    /// Whether one sees how they stand by their licences.
    pub shows_licences: bool,
    /// How many systems there are with these filters.
    pub found: u64,
    /// How many systems one may see at all.
    pub total: u64,
    /// The name of the organisation to which the list is narrowed, where one may see it.
    pub organisation: Option<String>,
    /// The origin of this server, for the example in the empty state.
    pub base_url: String,
}

/// What the address asks for: `q`, `type`, `status`, `organization_id`, `sort_by`, `sort_direction`, `page`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Text to search for; empty for none.
    pub search: String,
    /// The type to show; empty for all.
    pub system_type: String,
    /// The status to show; `None` for all.
    pub status: Option<SystemStatus>,
    /// The id of the organisation to show; empty for all.
    pub organisation: String,
    /// By which column.
    pub column: Column,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Which page, from 1 on.
    pub page: u32,
}

/// A column to order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The system's name.
    #[default]
    Name,
    /// The system's type.
    Type,
    /// The organisation's name.
    Organisation,
    /// Online, offline, maintenance.
    Status,
    /// When it was last heard of.
    LastHeartbeat,
    /// When it was created.
    Created,
}

impl Column {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Type, Self::Organisation, Self::Status, Self::LastHeartbeat, Self::Created];

    /// The value of `sort_by`, as in the Systems API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Type => "type",
            Self::Organisation => "organization_name",
            Self::Status => "status",
            Self::LastHeartbeat => "last_heartbeat",
            Self::Created => "created_at",
        }
    }

    /// The column for a value of `sort_by`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }

    /// The heading.
    const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Type => "Type",
            Self::Organisation => "Organisation",
            Self::Status => "Status",
            Self::LastHeartbeat => "Last heartbeat",
            Self::Created => "Created",
        }
    }

    /// Moments are wanted latest first, words from A on.
    const fn descends_at_first(self) -> bool {
        matches!(self, Self::LastHeartbeat | Self::Created)
    }
}

/// Every status, in the order of the filter.
pub(super) const STATUSES: [SystemStatus; 3] = [SystemStatus::Online, SystemStatus::Offline, SystemStatus::Maintenance];

/// The word for a status.
pub(crate) const fn status_label(status: SystemStatus) -> &'static str {
    match status {
        SystemStatus::Online => "Online",
        SystemStatus::Offline => "Offline",
        SystemStatus::Maintenance => "Maintenance",
    }
}

/// A system in the list.
#[derive(Clone, Debug)]
pub struct SystemRow {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub system_type: String,
    /// The name of its organisation.
    pub organisation_name: String,
    /// Whether it is there.
    pub status: SystemStatus,
    /// How it stands by its licences.
    pub licence: LicenceState,
    /// When it was last heard of; `None` for never.
    pub last_heartbeat: Option<Moment>,
    /// When it was created.
    pub created: Moment,
}

impl SystemRow {
    /// The word for its status.
    fn status_label(&self) -> &'static str {
        status_label(self.status)
    }

    /// The word for how it stands by its licences.
    const fn licence_word(&self) -> &'static str {
        system_word(self.licence)
    }

    /// The end of the id: version 7 ids of one day all begin alike.
    fn short_id(&self) -> &str {
        const SHOWN: usize = 8;
        let start = self.id.char_indices().rev().nth(SHOWN - 1).map_or(0, |(at, _)| at);
        self.id.get(start..).unwrap_or(&self.id)
    }
}

/// A heading of the table that orders by its column.
struct Heading {
    /// The words.
    label: &'static str,
    /// Where a click leads.
    address: String,
    /// What `aria-sort` says.
    order: &'static str,
}

impl Ask {
    /// The headings of the table.
    fn headings(&self) -> Vec<Heading> {
        let heading = |column: Column| Heading {
            label: column.label(),
            address: self.sorted_by(column),
            order: self.aria_sort(column),
        };
        Column::ALL.into_iter().map(heading).collect()
    }

    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if !self.system_type.is_empty() {
            query.append_pair("type", &self.system_type);
        }
        if let Some(status) = self.status {
            query.append_pair("status", status.name());
        }
        if !self.organisation.is_empty() {
            query.append_pair("organization_id", &self.organisation);
        }
        if self.column != Column::default() || self.descending {
            query.append_pair("sort_by", self.column.key());
            query.append_pair("sort_direction", self.direction());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }

    /// The value of `sort_direction`.
    fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        let texts = [&self.search, &self.system_type, &self.organisation];
        self.status.is_some() || texts.iter().any(|text| !text.is_empty())
    }

    /// The address that orders by this column; a second time the other way round.
    fn sorted_by(&self, column: Column) -> String {
        let descending = if self.column == column { !self.descending } else { column.descends_at_first() };
        Self { column, descending, page: 1, ..self.clone() }.address()
    }

    /// The same of all organisations.
    fn anywhere(&self) -> String {
        Self { organisation: String::new(), page: 1, ..self.clone() }.address()
    }

    /// The address of another page of the same list.
    fn at_page(&self, page: u32) -> String {
        Self { page, ..self.clone() }.address()
    }

    /// What `aria-sort` says of a column.
    fn aria_sort(&self, column: Column) -> &'static str {
        match (self.column == column, self.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }
}

impl SystemsPage {
    /// The choices of the status filter.
    fn statuses(&self) -> Vec<Choice> {
        let choice = |status: SystemStatus| Choice {
            value: status.name().to_owned(),
            label: status_label(status).to_owned(),
            selected: self.ask.status == Some(status),
        };
        STATUSES.into_iter().map(choice).collect()
    }

    /// What the page is called in this state.
    fn title(&self) -> String {
        match (self.ask.search.as_str(), self.ask.page) {
            ("", ..=1) => "Systems".to_owned(),
            ("", page) => format!("Systems, page {page}"),
            (search, _) => format!("{search} · Systems"),
        }
    }

    /// How many pages there are; at least one.
    fn pages(&self) -> u32 {
        u32::try_from(self.found.div_ceil(u64::from(ROWS))).unwrap_or(u32::MAX).max(1)
    }

    /// What is shown of how many, in words.
    fn count(&self) -> String {
        let noun = if self.found == 1 { "system" } else { "systems" };
        let of_all = if self.ask.is_filtered() { format!(" of {}", self.total) } else { String::new() };
        if self.pages() == 1 || self.rows.is_empty() {
            return format!("{}{of_all} {noun}", self.found);
        }
        let first = u64::from(self.ask.page.saturating_sub(1)) * u64::from(ROWS) + 1;
        let last = first + u64::try_from(self.rows.len()).unwrap_or_default() - 1;
        let matching = if self.ask.is_filtered() { "matching " } else { "" };
        format!("{first}–{last} of {} {matching}{noun}", self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_differs_from_the_plain_list() {
        assert_eq!(Ask { page: 1, ..Ask::default() }.address(), "/");
        let ask = Ask {
            search: "a&b <c>".to_owned(),
            status: Some(SystemStatus::Offline),
            column: Column::Created,
            descending: true,
            page: 3,
            ..Ask::default()
        };
        assert_eq!(ask.address(), "/?q=a%26b+%3Cc%3E&status=offline&sort_by=created_at&sort_direction=desc&page=3");
    }

    #[test]
    fn ordering_by_the_same_column_again_turns_it_round_and_starts_over() {
        let ask = Ask { page: 4, ..Ask::default() };
        assert_eq!(ask.sorted_by(Column::Name), "/?sort_by=name&sort_direction=desc");
        assert_eq!(ask.sorted_by(Column::Created), "/?sort_by=created_at&sort_direction=desc");
        let ask = Ask { column: Column::Created, descending: true, ..ask };
        assert_eq!(ask.sorted_by(Column::Created), "/?sort_by=created_at&sort_direction=asc");
    }

    #[test]
    fn a_short_id_never_splits_a_character() {
        let row = |id: &str| SystemRow { id: id.to_owned(), ..SystemsPage::sample_row(0, "") };
        assert_eq!(row("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a").short_id(), "4d5c6b7a");
        assert_eq!(row("äöü").short_id(), "äöü");
    }

    #[test]
    fn keys_are_read_back() {
        for column in Column::ALL {
            assert_eq!(Column::from_key(column.key()), Some(column));
        }
    }
}
