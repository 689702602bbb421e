//! `/users`: the people whom one may see.

use askama::Template;
use bailiwick_domain::role::Role;

use super::layout::{Choice, Layout, Moment};
use super::list::{Heading, Paging, address};
use super::organisation::role_label;

/// Rows on a page of the list: as many as keep its HTML under 30 KB.
pub const ROWS: u32 = 20;

/// The page `/users`.
#[derive(Template)]
#[template(path = "people.html")]
pub struct PeoplePage {
    /// What every page carries.
    pub layout: Layout,
    /// What the address asks for.
    pub ask: PeopleAsk,
    /// The rows of this page.
    pub rows: Vec<PersonRow>,
    /// Where in the whole list it is.
    pub paging: Paging,
    /// How many there are without filters.
    pub total: u64,
    /// The name of the organisation to which the list is narrowed.
    pub organisation: Option<String>,
    /// Whether one manages people.
    pub may_manage: bool,
}

/// A person in the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// The person's UUID.
    pub id: String,
    /// How they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The organisation joined first, of those that the filters let pass: id and name.
    pub organisation: Option<(String, String)>,
    /// What they are there.
    pub role: Option<Role>,
    /// Whether they hold every right everywhere.
    pub is_super_admin: bool,
    /// Whether the account is suspended.
    pub is_suspended: bool,
    /// Since when they are known.
    pub created: Moment,
}

/// A column to order by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// What a search found it by; where nothing is searched, the name.
    #[default]
    Match,
    /// The name.
    Name,
    /// The address.
    Email,
    /// Since when they are known.
    Created,
}

impl Column {
    /// Every column to order by.
    pub const ALL: [Self; 4] = [Self::Match, Self::Name, Self::Email, Self::Created];

    /// The value of `sort_by`, as in the Systems API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Name => "name",
            Self::Email => "email",
            Self::Created => "created_at",
        }
    }
}

/// What the address asks for: `q`, `role`, `status`, `organization_id`, `sort_by`, `sort_direction`, `page`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleAsk {
    /// Text to search for; empty for none.
    pub search: String,
    /// The role to show; `None` for all.
    pub role: Option<Role>,
    /// Only whose account is suspended, or only whose is not.
    pub is_suspended: Option<bool>,
    /// The organisation to show; empty for all.
    pub organisation: String,
    /// By which column.
    pub column: Column,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Which page, from 1 on.
    pub page: u32,
}

/// The values of `status`, what each means, and its word.
pub(crate) const STATES: [(&str, Option<bool>, &str); 3] =
    [("", None, "Any status"), ("active", Some(false), "Active"), ("suspended", Some(true), "Suspended")];

impl PeopleAsk {
    /// The address that shows this.
    #[must_use]
    pub fn address(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let is_ordered = self.column != Column::default() || self.descending;
        let ordered = |value: &'static str| if is_ordered { value } else { "" };
        let status = STATES.into_iter().find(|(_, meaning, _)| *meaning == self.is_suspended);
        let members = [
            ("q", self.search.as_str()),
            ("role", self.role.map_or("", Role::name)),
            ("status", status.map_or("", |(key, ..)| key)),
            ("organization_id", &self.organisation),
            ("sort_by", ordered(self.column.key())),
            ("sort_direction", ordered(self.direction())),
            ("page", &page),
        ];
        address("/users", &members)
    }

    /// The value of `sort_direction`.
    fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.role.is_some() || self.is_suspended.is_some() || !self.organisation.is_empty()
    }

    /// The address of another page of the same list.
    #[must_use]
    pub fn at_page(&self, page: u32) -> String {
        Self { page, ..self.clone() }.address()
    }

    /// The same without the organisation.
    fn anywhere(&self) -> String {
        Self { organisation: String::new(), page: 1, ..self.clone() }.address()
    }

    fn heading(&self, label: &'static str, column: Column) -> Heading {
        let chosen = if self.search.is_empty() && self.column == Column::Match { Column::Name } else { self.column };
        let is_chosen = chosen == column;
        let descending = if is_chosen { !self.descending } else { column == Column::Created };
        let address = Self { column, descending, page: 1, ..self.clone() }.address();
        Heading::sorting(label, address, is_chosen, self.descending)
    }

    /// The headings of the table.
    fn headings(&self) -> [Heading; 6] {
        [
            self.heading("Name", Column::Name),
            self.heading("E-mail address", Column::Email),
            Heading::plain("Organisation"),
            Heading::plain("Role there"),
            Heading::plain("Account"),
            self.heading("Known since", Column::Created),
        ]
    }

    /// The choices of the filter by role.
    fn roles(&self) -> Vec<Choice> {
        roles(self.role)
    }

    /// The choices of the filter by state.
    fn states(&self) -> Vec<Choice> {
        let choice = |(key, meaning, label): (&str, Option<bool>, &str)| Choice {
            value: key.to_owned(),
            label: label.to_owned(),
            selected: self.is_suspended == meaning,
        };
        STATES.into_iter().map(choice).collect()
    }
}

/// The roles to choose from.
pub(crate) fn roles(chosen: Option<Role>) -> Vec<Choice> {
    let choice = |role: Role| Choice {
        value: role.name().to_owned(),
        label: role_label(role).to_owned(),
        selected: chosen == Some(role),
    };
    Role::ALL.into_iter().map(choice).collect()
}

impl PersonRow {
    /// What they are, in a word.
    fn role_label(&self) -> &'static str {
        self.role.map_or("–", role_label)
    }
}

impl PeoplePage {
    /// What the page is called in this state.
    fn title(&self) -> String {
        match (self.ask.search.as_str(), self.ask.page) {
            ("", ..=1) => "People".to_owned(),
            ("", page) => format!("People, page {page}"),
            (search, _) => format!("{search} · People"),
        }
    }

    /// What is shown of how many, in words.
    fn count(&self) -> String {
        self.paging.count(("person", "people"), self.ask.is_filtered().then_some(self.total))
    }
}
